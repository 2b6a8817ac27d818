// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/simulation/events.h"
#include "analysis/simulation/one_size/object_lists.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace expertscope::prefetch {

/// The policy `ema` (policies/ema.cpp) for one capacity: the same sums, so the same order. Scores outlive residency.
class EmaCache
{
public:
    EmaCache(std::uint32_t numObjects, std::uint32_t capacity, std::size_t numSites, double halflife)
        : m_capacity(capacity)
        , m_numSites(numSites)
        , m_growth(std::exp2(1 / halflife))
        , m_objects(numObjects)
    {
    }
    bool holds(std::uint32_t object) const { return m_objects[object].held; }
    void nextUnit()
    {
        // Instead of all scores decaying, the weight of a use grows; both are brought down now and then.
        for (const std::uint64_t step = m_events++ / m_numSites; m_step < step; ++m_step) {
            m_weight *= m_growth;
            if (m_weight > 0x1p+400) {
                m_weight *= 0x1p-400;
                for (Object& object : m_objects)
                    object.score *= 0x1p-400;
            }
        }
    }
    void hit(std::uint32_t object)
    {
        m_objects[object].score += m_weight;
        m_objects[object].use = ++m_uses;
    }
    template <typename Pinned> std::uint32_t load(std::uint32_t object, const Pinned& pinned)
    {
        std::uint32_t victim = simulation::kNobody;
        if (m_residents.size() == m_capacity) {
            auto worst = m_residents.end();
            for (auto at = m_residents.begin(); at != m_residents.end(); ++at) {
                if (!pinned(*at) && (worst == m_residents.end() || worse(*at, *worst)))
                    worst = at;
            }
            victim = *worst;
            m_objects[victim].held = false;
            *worst = m_residents.back();
            m_residents.pop_back();
        }
        hit(object);
        m_objects[object].held = true;
        m_residents.push_back(object);
        return victim;
    }
    std::uint32_t keepBest(std::span<const std::uint32_t> objects)
    {
        for (std::size_t r = objects.size(); r-- > 0;) {
            hit(objects[r]);
            if (!m_objects[objects[r]].held)
                m_residents.push_back(objects[r]);
        }
        std::ranges::sort(m_residents, [this](auto a, auto b) { return worse(b, a); });
        const std::size_t stay = std::min<std::size_t>(m_residents.size(), m_capacity);
        std::uint32_t evictions = 0;
        for (std::size_t i = 0; i < m_residents.size(); ++i) {
            bool& held = m_objects[m_residents[i]].held;
            evictions += held && i >= stay;
            held = i < stay;
        }
        m_residents.resize(stay);
        return evictions;
    }
    void clear()
    {
        for (const std::uint32_t object : m_residents)
            m_objects[object].held = false;
        m_residents.clear();
    }

private:
    struct Object
    {
        double score = 0;
        std::uint64_t use = 0; ///< number of its last use
        bool held = false;
    };
    bool worse(std::uint32_t a, std::uint32_t b) const
    {
        const Object &x = m_objects[a], &y = m_objects[b];
        return x.score != y.score ? x.score < y.score : x.use < y.use;
    }

    const std::uint32_t m_capacity;
    const std::size_t m_numSites;
    const double m_growth;
    double m_weight = 1;
    std::uint64_t m_events = 0, m_step = 0, m_uses = 0;
    std::vector<Object> m_objects;
    std::vector<std::uint32_t> m_residents;
};

}
