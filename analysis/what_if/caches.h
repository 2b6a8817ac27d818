// SPDX-License-Identifier: GPL-3.0-or-later
//
// What if: expert caches. From options as text to hit rates, modelled times, prefetches and quotas.
//
//     CacheOptions --checkCaches--> CacheQuestion --simulateCaches--> CacheAnswer --resultsOf--> Results
#pragma once

#include "analysis/results/result_document.h"
#include "analysis/what_if/cache_residency.h"
#include "analysis/what_if/capacities.h"
#include "analysis/what_if/contract_text.h"
#include "analysis/what_if/prefetch_run.h"
#include "analysis/what_if/quota_rows.h"
#include "analysis/what_if/serving.h"
#include "analysis/what_if/time_model.h"

#include <functional>

namespace expertscope {

/// What the options mean, checked without a trace.
struct CacheQuestion : CacheServing
{
    CacheOptions asked;
    PolicyChoice choice; ///< policies; why others cannot serve the contract
    CapacityList capacities;
    std::optional<double> expertBytes;
    TimeRequest time;
    PrefetchRequest prefetch; ///< no setups: not asked for
};
/// Errors are wrong uses.
Expected<CacheQuestion> checkCaches(const CacheOptions& options);

struct CacheAnswer
{
    simulation::EventSet events;
    std::vector<std::uint32_t> capacities; ///< slots of a pool, ascending; with quotas one: their mean, rounded
    std::uint32_t poolSize = 0; ///< experts of the largest pool
    bool cut = false; ///< larger capacities were asked for
    bool belowPins = false; ///< standard capacities that cannot hold what is pinned were left out
    bool unequal = false; ///< pools are of different sizes
    std::vector<simulation::PolicyResult> policies; ///< curves over `capacities`: see wholeModel()
    std::optional<double> expertBytes; ///< as far as known
    std::vector<double> memory; ///< [capacity] bytes of all slots; empty: not known
    std::optional<TimeModel> time;
    std::optional<PrefetchModel> prefetch;
    std::vector<QuotaCurve> quotas; ///< if asked for
    std::optional<CacheResidency> residency; ///< if asked for
};
/// What is known already: of the policies only some.
using CachesSoFar = std::function<void(const CacheAnswer&)>;

/// Errors: those of the trace and of what it does not hold; a scope that takes tokens out of sequences; kCancelled.
/// `soFar`: called once, with lru and opt, which take a tenth of the time, where other policies are to follow.
Expected<CacheAnswer> simulateCaches(const Study& study, std::size_t trace, const CacheQuestion& question,
    const Progress& progress = {}, const CachesSoFar& soFar = {});

/// All of it as rows and matrices (resources/docs/simulation.md).
Results resultsOf(const CacheQuestion& question, const CacheAnswer& answer);
results::ResultOrigin originOf(const CacheQuestion& question, const CacheAnswer& answer, const NamedTrace& trace);

}
