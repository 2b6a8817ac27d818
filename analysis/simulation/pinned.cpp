// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/simulation/pinned.h"

#include "analysis/simulation/watched_steps.h"

#include <algorithm>

namespace expertscope::simulation {

namespace {

constexpr std::uint32_t kPinned = UINT32_MAX;

/// Of single events, which need not be even.
std::uint64_t assignmentsOf(const EventStream& stream, std::uint64_t event)
{
    return stream.assignments.empty() ? stream.event(event).size() : stream.assignments[event];
}

}

std::uint32_t pinnedSlots(const EventStream& pool, const Contract& contract)
{
    std::size_t slots = 0;
    for (const SiteIndex site : pool.sites)
        slots += contract.pinned.empty() ? 0 : contract.pinned[std::size_t(site)].size();
    return static_cast<std::uint32_t>(slots);
}

std::uint32_t slotsOf(const EventStream& pool, const Contract& contract, std::uint32_t capacity)
{
    if (contract.quotas.empty())
        return capacity;
    std::uint32_t slots = 0;
    for (const SiteIndex site : pool.sites)
        slots += contract.quotas[std::size_t(site)];
    return slots;
}

PoolRest restOf(const EventStream& pool, const Contract& contract)
{
    PoolRest rest{{}, pinnedSlots(pool, contract), pool.largestEvent, std::vector<std::uint64_t>(pool.sites.size()),
        std::vector<std::uint64_t>(pool.sites.size())};
    EventStream& left = rest.stream;
    left.sites = pool.sites;
    left.topK = pool.topK;
    left.sequenceStarts = pool.sequenceStarts;
    left.watchedSteps = pool.watchedSteps;
    left.numEvents = pool.numEvents;
    std::vector<std::uint32_t> numbers(pool.numObjects());
    left.firstObject.push_back(0);
    for (std::size_t s = 0; s < pool.sites.size(); ++s) {
        for (const std::uint16_t expert : contract.pinned[std::size_t(pool.sites[s])])
            numbers[pool.firstObject[s] + expert] = kPinned;
        std::uint32_t next = left.firstObject.back();
        for (std::uint32_t object = pool.firstObject[s]; object < pool.firstObject[s + 1]; ++object) {
            if (numbers[object] != kPinned)
                numbers[object] = next++;
        }
        left.firstObject.push_back(next);
    }
    const std::uint64_t firstCounted = std::uint64_t(contract.warmUpSteps) * pool.sites.size();
    const bool weighs = !pool.multiplicities.empty();
    left.objects.reserve(pool.objects.size());
    left.ends.reserve(pool.numEvents);
    bool even = true;
    for (std::uint64_t i = 0; i < pool.numEvents; ++i) {
        const std::size_t site = pool.siteOfEvent(i);
        const std::uint64_t first = left.objects.size();
        std::uint64_t request = pool.firstRequest(i), assignments = assignmentsOf(pool, i);
        for (const std::uint32_t object : pool.event(i)) {
            const std::uint32_t times = pool.multiplicity(request++);
            if (numbers[object] != kPinned) {
                left.objects.push_back(numbers[object]);
                if (weighs)
                    left.multiplicities.push_back(times);
                continue;
            }
            assignments -= times;
            if (i >= firstCounted) {
                ++rest.requests[site];
                rest.assignments[site] += times;
            }
        }
        left.ends.push_back(left.objects.size());
        if (!pool.assignments.empty())
            left.assignments.push_back(static_cast<std::uint32_t>(assignments));
        const auto size = static_cast<std::uint32_t>(left.objects.size() - first);
        left.largestEvent = std::max(left.largestEvent, size);
        even &= size == left.ends.front();
    }
    if (even && !left.ends.empty()) {
        left.fixedSize = static_cast<std::uint32_t>(left.ends.front());
        left.ends = {};
    }
    return rest;
}

std::vector<Counters> countWithoutSlots(const EventStream& stream, const Contract& contract)
{
    std::vector<Counters> sites(stream.sites.size());
    for (Counters& site : sites)
        site.missesPerEvent.resize(stream.largestEvent + std::size_t(1));
    std::vector<std::uint32_t> seen(stream.numObjects()); // the epoch: flushes so far, + 1
    std::uint32_t epoch = 1;
    std::size_t start = 0;
    for (std::uint64_t i = 0; i < stream.numEvents; ++i) {
        if (contract.flushBetweenSequences && start < stream.sequenceStarts.size() && stream.sequenceStarts[start] == i) {
            ++start;
            ++epoch;
        }
        const auto objects = stream.event(i);
        std::uint64_t firsts = 0;
        for (const std::uint32_t object : objects) {
            firsts += seen[object] != epoch;
            seen[object] = epoch;
        }
        if (i < std::uint64_t(contract.warmUpSteps) * stream.sites.size())
            continue;
        Counters& site = sites[stream.siteOfEvent(i)];
        ++site.events;
        site.requests += objects.size();
        site.assignments += assignmentsOf(stream, i);
        site.compulsory += firsts;
        site.overflows += !objects.empty();
        ++site.missesPerEvent[objects.size()];
    }
    return sites;
}

std::vector<std::uint16_t> watchWithoutSlots(const EventStream& stream)
{
    std::vector<std::uint16_t> misses;
    for (WatchedEvents watched(stream); watched.next() != UINT64_MAX; watched.advance())
        misses.push_back(static_cast<std::uint16_t>(stream.event(watched.next()).size()));
    return misses;
}

void addPinned(const PoolRest& rest, std::vector<Counters>& sites)
{
    for (std::size_t s = 0; s < sites.size(); ++s) {
        Counters& site = sites[s];
        site.requests += rest.requests[s];
        site.hits += rest.requests[s];
        site.assignments += rest.assignments[s];
        site.assignmentHits += rest.assignments[s];
        site.missesPerEvent.resize(rest.largestEvent + std::size_t(1));
    }
}

}
