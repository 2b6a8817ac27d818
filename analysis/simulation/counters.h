// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <vector>

namespace expertscope::simulation {

/// What happened at one site with one capacity. Plain sums: counters of sites add up to those of the pool.
struct Counters
{
    std::uint64_t events = 0;
    std::uint64_t requests = 0; ///< union entries: distinct experts an event
    std::uint64_t assignments = 0; ///< before union: (token, slot) pairs
    std::uint64_t hits = 0; ///< union entries that were resident
    std::uint64_t assignmentHits = 0; ///< (token, slot) pairs whose expert was resident
    std::uint64_t compulsory = 0; ///< misses of experts never asked for before
    std::uint64_t evictions = 0;
    std::uint64_t overflows = 0; ///< events that ask for more than the capacity
    std::vector<std::uint64_t> missesPerEvent; ///< [j] events with j misses; what modelled time is made of

    std::uint64_t misses() const { return requests - hits; }
    double hitRate() const { return requests ? double(hits) / double(requests) : 0; } ///< 0 of nothing: ask requests
    double assignmentHitRate() const { return assignments ? double(assignmentHits) / double(assignments) : 0; }
    Counters& operator+=(const Counters& other);
    bool operator==(const Counters&) const = default;
};

/// One policy over one pool: [capacity][site of the pool].
struct PoolCurve
{
    std::vector<std::uint32_t> capacities; ///< slots, ascending
    std::vector<std::vector<Counters>> sites; ///< [capacity][site]
    /// [capacity][watched step x sites + site] misses of single events, for the steps that the stream says are to be
    /// watched: what a step asks for in all is not known from sums over steps.
    std::vector<std::vector<std::uint16_t>> watched = {};
    Counters total(std::size_t capacity) const;
};

}
