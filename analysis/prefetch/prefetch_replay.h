// SPDX-License-Identifier: GPL-3.0-or-later
//
// Caches replayed with prefetches, step by step through all sites, without times or on a queue model of the link (level
// 3 of the cost model, simulation.md 3.21).
//
// In event g (a step at a site), atomic and forced: the router is known; hits are judged; what is missing is loaded;
// then what the predictor says of event g + horizon is walked through, the likeliest first. Who is not there is loaded
// (`budget` times at most), if there is a slot for it. A slot is taken when a prefetch is issued, not when it arrives.
// To the policy a prefetch is a load, and the use after it a hit.
#pragma once

#include "analysis/prefetch/caches.h"
#include "analysis/prefetch/predictions.h"
#include "analysis/prefetch/queue_times.h"

#include <limits>
#include <stop_token>

namespace expertscope::prefetch {

/// Whom a prefetch may evict, where no slot is free. What a prediction names is protected from then until its event, if
/// it is there or coming, from all prefetches; and from demands, as long as enough others can leave.
enum class Eviction : std::uint8_t
{
    Never, ///< nobody: it takes free slots only
    Unprotected, ///< who is neither protected nor of the event at hand
    Any ///< anyone but the event's and those of the same prediction; nobody is protected
};

struct PrefetchOptions
{
    std::uint32_t budget = std::numeric_limits<std::uint32_t>::max(); ///< loads after an event, at most
    Eviction eviction = Eviction::Unprotected;
    std::optional<QueueTimes> times; ///< none: what was issued an event before is there
};

/// What happened at one site.
struct PrefetchCounters
{
    /// Of demands, as without prefetching; hits: whatever needed no load on demand. Evictions: by prefetches too.
    simulation::Counters cache;
    std::uint64_t onTime = 0; ///< hits that are the first use of a prefetch, which was there
    std::uint64_t late = 0; ///< the same, but it was still queued or being sent: needs times
    std::uint64_t onCpu = 0; ///< misses that were computed where they are kept, not loaded
    std::uint64_t issued = 0; ///< prefetches
    std::uint64_t wasted = 0; ///< prefetches that were (or went on to be) sent, and evicted without a use
    std::uint64_t cancelled = 0; ///< prefetches that were evicted before anything of them was sent
    std::uint64_t unused = 0; ///< prefetches that at the end still wait for their first use
    std::uint64_t there = 0; ///< named, and there or coming already
    std::uint64_t noRoom = 0; ///< named and missing, but nobody might leave
    std::uint64_t evictedByPrefetch = 0;
    std::uint64_t stall =
        0; ///< ps: end of the event - (router known + pure compute); 0 where the CPU lane made it shorter

    std::uint64_t resident() const { return cache.hits - onTime - late; }
    std::uint64_t demandLoads() const { return cache.misses() - onCpu; }
    /// Transfers that the link had or has to make. issued = onTime + late + wasted + cancelled + unused.
    std::uint64_t prefetchLoads() const { return issued - cancelled; }
    PrefetchCounters& operator+=(const PrefetchCounters& other);
    bool operator==(const PrefetchCounters&) const = default;
};

struct PrefetchResult
{
    std::vector<PrefetchCounters> sites; ///< [site of the walk]
    std::vector<std::uint64_t> stepTimes; ///< ps, of all steps in order; empty without times
    std::uint64_t linkBusy = 0; ///< ps

    PrefetchCounters total() const;
};

/// Error: a contract other than atomic and forced, from an empty cache.
Expected<void> checkPrefetchContract(const simulation::Contract& contract);

/// `predictions`: of the walk, or nullptr for none. `capacity`: slots of each pool. Deterministic. Errors: those
/// of checkPrefetchContract. Once `stop` is requested the result is of no interest.
Expected<PrefetchResult> replayPrefetch(const Walk& walk, const simulation::Contract& contract, const CacheMaker& cache,
    std::uint32_t capacity, const Predictions* predictions, const PrefetchOptions& options,
    const std::stop_token& stop = {});

}
