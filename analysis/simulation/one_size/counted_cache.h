// SPDX-License-Identifier: GPL-3.0-or-later
//
// Caches that evict the worst by a count of uses. Order: Rule::worse by counts and ages; ties: used longest ago, of one
// event the weaker router rank.
#pragma once

#include "analysis/simulation/one_size/one_size_replay.h"

namespace expertscope::simulation {

/// Rule: `static constexpr bool kForgets`, counts start anew when an object leaves; `static int compare(count, age,
/// count, age)`, below 0 if the first is worse. Age: units since the last use, + 1: of what is asked for just now, 1.
template <typename Rule> class CountedCache
{
public:
    CountedCache(std::uint32_t numObjects, std::uint32_t capacity, const Contract&)
        : m_capacity(capacity)
        , m_objects(numObjects)
    {
    }
    bool holds(std::uint32_t object) const { return m_objects[object].place != kNobody; }
    void nextUnit() { ++m_unit; }
    void hit(std::uint32_t object)
    {
        Object& used = m_objects[object];
        ++used.count;
        used.unit = m_unit;
        used.use = ++m_uses;
    }
    template <typename Pinned> std::uint32_t load(std::uint32_t object, const Pinned& pinned)
    {
        std::uint32_t victim = kNobody;
        if (m_held.size() == m_capacity) {
            for (const std::uint32_t candidate : m_held) {
                if (!pinned(candidate) && (victim == kNobody || worse(candidate, victim)))
                    victim = candidate;
            }
            remove(victim);
        }
        hit(object);
        add(object);
        return victim;
    }
    std::uint32_t keepBest(std::span<const std::uint32_t> objects)
    {
        m_missing.clear();
        for (std::size_t r = objects.size(); r-- > 0;) {
            if (!holds(objects[r]))
                m_missing.push_back(objects[r]);
            hit(objects[r]);
        }
        for (const std::uint32_t object : m_missing)
            add(object);
        if (m_held.size() <= m_capacity)
            return 0;
        const std::size_t held = m_held.size() - m_missing.size();
        m_leaving = m_held;
        const std::size_t leave = m_held.size() - m_capacity;
        std::ranges::sort(m_leaving, [this](auto a, auto b) { return worse(a, b); });
        for (std::size_t i = 0; i < leave; ++i)
            remove(m_leaving[i]);
        std::size_t kept = 0;
        for (const std::uint32_t object : m_missing)
            kept += holds(object);
        return static_cast<std::uint32_t>(held + kept - m_held.size());
    }
    /// All leave, as if evicted one by one: counts that outlive that go on.
    void clear()
    {
        while (!m_held.empty())
            remove(m_held.back());
    }

private:
    struct Object
    {
        std::uint64_t count = 0, unit = 0, use = 0;
        std::uint32_t place = kNobody; ///< in m_held
    };

    std::uint64_t age(const Object& object) const { return m_unit - object.unit + 1; }
    bool worse(std::uint32_t a, std::uint32_t b) const
    {
        const Object &first = m_objects[a], &second = m_objects[b];
        const int order = Rule::compare(first.count, age(first), second.count, age(second));
        return order < 0 || (order == 0 && first.use < second.use);
    }
    void add(std::uint32_t object)
    {
        m_objects[object].place = static_cast<std::uint32_t>(m_held.size());
        m_held.push_back(object);
    }
    void remove(std::uint32_t object)
    {
        const std::uint32_t place = m_objects[object].place;
        m_held[place] = m_held.back();
        m_objects[m_held[place]].place = place;
        m_held.pop_back();
        m_objects[object].place = kNobody;
        if constexpr (Rule::kForgets)
            m_objects[object].count = 0;
    }

    const std::uint32_t m_capacity;
    std::vector<Object> m_objects;
    std::vector<std::uint32_t> m_held, m_missing, m_leaving;
    std::uint64_t m_unit = 0, m_uses = 0;
};

/// These can leave what they load.
template <typename Counted> PolicySpec countedPolicy(std::string name, std::string definition, std::string source)
{
    PolicySpec spec = oneSizePolicy<Counted>(std::move(name), std::move(definition), std::move(source));
    spec.bypass = true;
    return spec;
}

}
