// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a cache does with each object: how often it is asked for, found, loaded, and how long it stays. The cache is
// asked for nothing but whom it evicts. Atomic, forced.
//
// Worked example: three objects, two slots, LRU, the events {0} {1} {2} {0}:
//
//     event     0        1        2        3
//     object 0  loaded   held     evicted  loaded     2 requests, 0 hits, 2 loads, 1 eviction; held after events 0, 1, 3
//     object 1  absent   loaded   held     evicted    1 request, 1 load, 1 eviction; held after events 1, 2
//     object 2  absent   absent   loaded   held       1 request, 1 load; held after events 2, 3
#pragma once

#include "analysis/simulation/one_size/stepped_cache.h"

#include <stop_token>

namespace expertscope::simulation {

/// Plain sums over the events that are counted.
struct ObjectResidency
{
    std::uint64_t requests = 0, hits = 0;
    std::uint64_t evictions = 0; ///< events before which it was resident, and not after; a flush is none
    std::uint64_t held = 0; ///< events of its pool after which it is resident
    std::uint64_t loads() const { return requests - hits; }
    double hitRate() const { return double(hits) / double(requests); } ///< of what was asked for
    /// Steps that a load stays, on average, of what was loaded; `sites` of its pool have an event a step.
    double stay(std::size_t sites) const { return double(held) / double(sites) / double(loads()); }
};

struct PoolResidency
{
    std::vector<ObjectResidency> objects;
    std::uint64_t events = 0; ///< that are counted: those of all its sites
    /// Of the events, where there are some, those after which it is resident.
    double heldShare(std::size_t object) const { return double(objects[object].held) / double(events); }
};

/// What an event means to an object.
enum class Fate : std::uint8_t
{
    Absent,
    Held, ///< resident before and after, not asked for
    Hit, ///< asked for and resident
    Loaded, ///< asked for and not resident
    Evicted ///< resident before, not after
};

/// Events whose fates are kept, one by one.
struct FateWindow
{
    std::uint64_t first = 0, count = 0;
    std::vector<Fate> fates = {}; ///< [events of the window that were replayed, objects]
};

/// Replays events 0 .. `end` of the stream. `contract` says when the cache is emptied and which steps are not counted;
/// the rest of it is not looked at. After `stop` the result is of no interest.
PoolResidency replayResidency(const EventStream& stream, const Contract& contract, SteppedCache& cache,
    std::uint64_t end, FateWindow* window, const std::stop_token& stop);

}
