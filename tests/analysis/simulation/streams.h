// SPDX-License-Identifier: GPL-3.0-or-later
//
// Event streams by hand and by chance.
#pragma once

#include "analysis/simulation/simulate.h"
#include "tests/support/memory_trace.h"

#include <numeric>
#include <stdexcept>

namespace expertscope::testing {

using namespace simulation;

/// One pool of `sites` sites with `experts` each; sets[event] in router order, events step by step, site by site.
inline EventStream streamOf(
    std::size_t sites, std::uint32_t experts, const std::vector<std::vector<std::uint32_t>>& sets)
{
    EventStream stream;
    for (std::size_t s = 0; s <= sites; ++s)
        stream.firstObject.push_back(std::uint32_t(s) * experts);
    for (std::size_t s = 0; s < sites; ++s)
        stream.sites.emplace_back(std::uint16_t(s));
    bool even = true;
    for (std::size_t i = 0; i < sets.size(); ++i) {
        for (const std::uint32_t expert : sets[i])
            stream.objects.push_back(stream.firstObject[i % sites] + expert);
        stream.ends.push_back(stream.objects.size());
        stream.largestEvent = std::max(stream.largestEvent, std::uint32_t(sets[i].size()));
        even &= sets[i].size() == sets[0].size();
    }
    stream.topK.assign(sites, std::uint16_t(stream.largestEvent));
    stream.numEvents = sets.size();
    if (even && !sets.empty()) {
        stream.fixedSize = std::uint32_t(sets[0].size());
        stream.ends.clear();
    }
    return stream;
}

/// Events of `least` to `most` objects; about half of them were in the site's event before.
inline EventStream randomStream(std::uint64_t seed, std::size_t sites, std::uint32_t experts, std::size_t steps,
    std::uint32_t least, std::uint32_t most)
{
    std::uint64_t state = mix(seed);
    const auto draw = [&](std::uint64_t n) { return (state = mix(state)) % n; };
    std::vector<std::vector<std::uint32_t>> sets;
    for (std::size_t i = 0; i < steps * sites; ++i) {
        const std::size_t size = least + draw(most - least + 1);
        std::vector<std::uint32_t> set;
        while (set.size() < size) {
            std::uint32_t expert = std::uint32_t(draw(experts));
            if (draw(2) && i >= sites && !sets[i - sites].empty())
                expert = sets[i - sites][draw(sets[i - sites].size())];
            if (std::ranges::find(set, expert) == set.end())
                set.push_back(expert);
        }
        sets.push_back(std::move(set));
    }
    EventStream stream = streamOf(sites, experts, sets);
    for (std::uint64_t step = 0; step < steps; step += 1 + draw(steps / 3 + 1))
        stream.sequenceStarts.push_back(step * sites);
    return stream;
}

/// The same, but that several tokens ask for some of the objects.
inline EventStream withMultiplicities(EventStream stream, std::uint64_t seed)
{
    for (std::uint64_t request = 0; request < stream.objects.size(); ++request)
        stream.multiplicities.push_back(std::uint32_t(1 + mix(seed * 1000 + request) % 4));
    for (std::uint64_t i = 0, request = 0; i < stream.numEvents; ++i) {
        stream.assignments.push_back(0);
        for (const std::uint64_t end = request + stream.event(i).size(); request < end; ++request)
            stream.assignments.back() += stream.multiplicities[request];
    }
    return stream;
}

/// The same after what is preloaded: a random list of at most all experts for each site.
inline EventStream withPreload(const EventStream& stream, std::uint64_t seed, Contract& contract)
{
    std::uint64_t state = mix(seed);
    const std::size_t sites = stream.sites.size();
    const std::uint32_t experts = stream.firstObject[1];
    contract.preload.clear();
    for (std::size_t site = 0; site < sites; ++site) {
        std::vector<std::uint16_t> list(experts);
        std::iota(list.begin(), list.end(), std::uint16_t(0));
        for (std::size_t i = experts; i > 1; --i)
            std::swap(list[i - 1], list[(state = mix(state)) % i]);
        list.resize((state = mix(state)) % (experts + 1));
        contract.preload.push_back(std::move(list));
    }
    std::vector<std::vector<std::uint32_t>> sets;
    for (std::uint32_t wanted = preloadSteps(contract); wanted-- > 0;) {
        for (const auto& list : contract.preload) {
            sets.emplace_back();
            if (wanted < list.size())
                sets.back().push_back(list[wanted]);
        }
    }
    for (std::uint64_t i = 0; i < stream.numEvents; ++i) {
        sets.emplace_back();
        for (const std::uint32_t object : stream.event(i))
            sets.back().push_back(object - stream.firstObject[i % sites]);
    }
    contract.warmUpSteps += preloadSteps(contract);
    EventStream all = streamOf(sites, experts, sets);
    for (const std::uint64_t start : stream.sequenceStarts)
        all.sequenceStarts.push_back(start + preloadEvents(stream, contract));
    return all;
}

/// How many (token, slot) pairs of the event ask for an object, found by looking for it.
inline std::uint64_t timesAsked(const EventStream& stream, std::uint64_t event, std::uint32_t object)
{
    if (stream.multiplicities.empty())
        return 1;
    std::uint64_t request = 0;
    for (std::uint64_t i = 0; i < event; ++i)
        request += stream.event(i).size();
    for (const std::uint32_t other : stream.event(event)) {
        if (other == object)
            return stream.multiplicities[request];
        ++request;
    }
    return 0;
}

inline std::vector<std::uint32_t> upTo(std::uint32_t n)
{
    std::vector<std::uint32_t> all(n);
    std::iota(all.begin(), all.end(), 1u);
    return all;
}

/// Capacities 1 to more than there are objects.
inline PoolCurve curveOf(const EventStream& stream, const PolicyRequest& policy, const Contract& contract = {})
{
    EventSet set;
    set.pools.push_back(stream);
    auto results = simulateCaches(set, contract, {policy}, upTo(stream.numObjects() + 3), 1);
    if (!results)
        throw std::runtime_error(results.error().message());
    return std::move(results->front().pools.front());
}

/// The fixture of simulation.md 2.3 (moe-cache-eval's conformance trace) at 2 slots, all sites together.
inline Counters conformanceTotal(const char* policy)
{
    EventSet set;
    for (int site = 0; site < 3; ++site)
        set.pools.push_back(streamOf(1, 4, {{0, 1}, {0, 2}, {0, 1}, {0, 3}, {0, 1}}));
    const auto results = simulateCaches(set, {}, {{policy}}, {2}, 2);
    if (!results)
        throw std::runtime_error(results.error().message());
    Counters total;
    for (const PoolCurve& pool : results->front().pools)
        total += pool.total(0);
    return total;
}

}
