// SPDX-License-Identifier: GPL-3.0-or-later
//
// The contract once more, word by word and slowly: one capacity, sets of residents, keys worked out anew for each event.
#pragma once

#include "streams.h"

#include "analysis/simulation/serving_order.h"

#include <cmath>
#include <set>

namespace expertscope::testing {

/// Smaller is kept longer.
using NaiveKey = std::vector<double>;

class NaiveReplay
{
public:
    NaiveReplay(const EventStream& stream, const Contract& contract, std::string policy, double param = 0)
        : m_stream(stream)
        , m_contract(contract)
        , m_policy(std::move(policy))
        , m_param(param)
    {
        ServingOrder order(stream, contract);
        m_uses.resize(stream.numObjects());
        for (std::uint64_t i = 0; i < stream.numEvents; ++i) {
            const auto event = stream.event(i);
            if (contract.service == Service::Atomic) {
                m_units.push_back({i, {event.begin(), event.end()}});
                continue;
            }
            for (const std::uint32_t object : order.of(i, [](auto) { return false; }))
                m_units.push_back({i, {object}});
        }
        for (std::size_t u = 0; u < m_units.size(); ++u) {
            for (std::size_t place = 0; place < m_units[u].objects.size(); ++place)
                m_uses[m_units[u].objects[place]].push_back({u, place});
        }
    }

    std::vector<Counters> counters(std::uint32_t capacity) const
    {
        std::vector<Counters> sites(m_stream.sites.size());
        for (Counters& site : sites)
            site.missesPerEvent.resize(m_stream.largestEvent + 1);
        std::set<std::uint32_t> cache, seen;
        std::size_t u = 0;
        for (std::uint64_t i = 0; i < m_stream.numEvents; ++i) {
            if (m_contract.flushBetweenSequences
                && std::ranges::find(m_stream.sequenceStarts, i) != m_stream.sequenceStarts.end()) {
                cache.clear();
                seen.clear();
            }
            Counters event;
            event.events = 1;
            event.requests = m_stream.event(i).size();
            event.assignments = m_stream.assignments.empty() ? event.requests : m_stream.assignments[i];
            event.overflows = event.requests > capacity;
            std::uint64_t misses = 0;
            for (; u < m_units.size() && m_units[u].event == i; ++u)
                misses += serve(u, capacity, cache, seen, event);
            event.hits = event.requests - misses;
            event.missesPerEvent.resize(m_stream.largestEvent + 1);
            event.missesPerEvent[misses] = 1;
            if (i >= std::uint64_t(m_contract.warmUpSteps) * sites.size())
                sites[i % sites.size()] += event;
        }
        return sites;
    }

private:
    struct Unit
    {
        std::uint64_t event;
        std::vector<std::uint32_t> objects;
    };

    std::uint64_t serve(std::size_t u, std::uint32_t capacity, std::set<std::uint32_t>& cache,
        std::set<std::uint32_t>& seen, Counters& event) const
    {
        const auto& objects = m_units[u].objects;
        std::uint64_t misses = 0;
        for (const std::uint32_t object : objects) {
            const std::uint64_t times = timesAsked(m_stream, m_units[u].event, object);
            if (cache.contains(object)) {
                event.assignmentHits += times;
                continue;
            }
            const bool first = !seen.contains(object);
            const bool free = first && m_contract.coldStart == ColdStart::FirstFree && seen.size() < capacity;
            event.assignmentHits += free ? times : 0;
            seen.insert(object);
            misses += !free;
            event.compulsory += first && !free;
        }
        const bool pin = m_contract.admission == Admission::Forced && objects.size() <= capacity;
        std::set<std::uint32_t> all = cache;
        all.insert(objects.begin(), objects.end());
        std::vector<std::pair<NaiveKey, std::uint32_t>> order;
        for (const std::uint32_t object : all) {
            NaiveKey key = keyOf(object, u);
            key.insert(key.begin(), pin && std::ranges::find(objects, object) != objects.end() ? 0.0 : 1.0);
            order.emplace_back(std::move(key), object);
        }
        std::ranges::sort(order);
        std::set<std::uint32_t> next;
        for (std::size_t i = 0; i < std::min<std::size_t>(capacity, order.size()); ++i)
            next.insert(order[i].second);
        for (const std::uint32_t object : cache)
            event.evictions += !next.contains(object);
        cache = std::move(next);
        return misses;
    }

    /// After unit u was used.
    NaiveKey keyOf(std::uint32_t object, std::size_t u) const
    {
        const double never = 1e18, sites = double(m_stream.sites.size());
        const double now = std::floor(double(m_units[u].event) / sites);
        NaiveKey key, recency{never, never, double(object)};
        double count = 0, score = 0, coming = 0;
        for (const Use& use : m_uses[object]) {
            if (use.unit <= u) {
                ++count;
                score += std::exp2((std::floor(double(m_units[use.unit].event) / sites) - now) / m_param);
                recency = {-double(use.unit), double(use.place), double(object)};
                continue;
            }
            if (m_policy == "opt")
                return {double(use.unit), double(use.place)};
            coming += double(use.unit) <= double(u) + m_param * sites;
        }
        if (m_policy == "opt")
            return {never, -double(object)};
        if (m_policy == "lfu")
            key = {-count};
        if (m_policy == "ema") // with a halflife of 1 scores are exact; else equal ones differ by rounding
            key = {m_param == 1 ? -score : score > 0 ? -std::round(std::log2(score) * 1e9) : never};
        if (m_policy == "sch")
            key = {-coming};
        key.insert(key.end(), recency.begin(), recency.end());
        return key;
    }

    const EventStream& m_stream;
    const Contract m_contract;
    const std::string m_policy;
    const double m_param;
    struct Use
    {
        std::size_t unit, place;
    };
    std::vector<Unit> m_units;
    std::vector<std::vector<Use>> m_uses; ///< [object]
};

}
