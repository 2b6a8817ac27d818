// SPDX-License-Identifier: GPL-3.0-or-later
//
// What prefetching would bring: several predictors and policies at several capacities, each beside the same replay
// without prefetches.
#pragma once

#include "analysis/prefetch/prefetch_replay.h"
#include "analysis/prefetch/scores.h"

namespace expertscope::prefetch {

/// A predictor and what may be done with what it says.
struct PrefetchSetup
{
    PredictorRequest predictor;
    std::uint32_t budget = std::numeric_limits<std::uint32_t>::max();
    Eviction eviction = Eviction::Unprotected;
};

/// Modelled time of the counted steps.
struct StepTimes
{
    std::uint64_t steps = 0;
    double total = 0; ///< s
    double p50 = 0, p95 = 0, p99 = 0; ///< s: the least that this share of the steps does not exceed
    double stall = 0; ///< s
    double linkUse = 0; ///< share of the time of all steps, counted or not
};

struct PrefetchPoint
{
    std::vector<PrefetchCounters> sites;
    PrefetchCounters total;
    std::optional<StepTimes> times; ///< with times, and if steps are counted
};

struct PrefetchComparison
{
    std::vector<std::vector<PredictionScore>> scores; ///< [setup][site] of the counted steps
    std::vector<std::vector<std::uint32_t>> sizes; ///< [setup][site] experts in a predicted set
    /// [policy][capacity][0: without prefetches, then the setups]
    std::vector<std::vector<std::vector<PrefetchPoint>>> points;
};

/// Results do not depend on `threads` (0: all cores). Errors: those of predict(), cacheMaker() and replayPrefetch();
/// kCancelled.
Expected<PrefetchComparison> comparePrefetch(const Walk& walk, const simulation::Contract& contract,
    const std::vector<simulation::PolicyRequest>& policies, const std::vector<std::uint32_t>& capacities,
    const std::vector<PrefetchSetup>& setups, const std::optional<QueueTimes>& times, unsigned threads,
    const std::function<bool(double)>& progress = {});

/// Closed form of level 1 (nothing overlaps but prefetches, which cost nothing as long as they fit in the time of
/// computing): the bytes/s of the link from which on prefetching takes no longer than not to, = added loads x bytes / s
/// of computing. 0: it pays at any. None: it saves no load on demand, so it never pays. All of the same steps.
std::optional<double> breakEvenBandwidth(
    const PrefetchCounters& without, const PrefetchCounters& with, double expertBytes, double computeSeconds);

}
