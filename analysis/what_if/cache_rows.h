// SPDX-License-Identifier: GPL-3.0-or-later
//
// Simulated caches as rows of the results schema (resources/docs/simulation.md lists them), and the figures without
// which a hit rate says little.
#pragma once

#include "analysis/simulation/simulate.h"
#include "analysis/spine/result.h"

#include <optional>
#include <span>

namespace expertscope {

struct CacheRowContext
{
    std::map<std::string, ParameterValue> params; ///< of every row; policy and capacity are added
    std::optional<double> expertBytes; ///< adds cache.bytes_per_token
    bool siteHistograms = false; ///< adds a matrix a site
    std::uint64_t tokens = 0; ///< that are counted
    std::string noTokens; ///< why the number of counted tokens is not known
};

/// Hit rate by chance: whatever a policy keeps that does not know the future, of slots that are filled an expert has one as
/// often as they are of the experts. Of several pools by their requests. None: sites share a pool; nothing is asked for.
std::optional<double> chanceHitRate(std::span<const simulation::EventStream> pools, std::uint32_t capacity);

/// The same with the slots that each pool has at the c-th capacity of a result.
std::optional<double> chanceHitRate(std::span<const simulation::EventStream> pools,
    std::span<const simulation::PoolCurve> curves, std::size_t c);

/// Slots of a pool at the c-th capacity: where pools have their own, their mean, rounded.
std::uint32_t meanSlots(std::span<const simulation::PoolCurve> curves, std::size_t c);

/// Result of `opt`, or null.
const simulation::PolicyResult* optOf(const std::vector<simulation::PolicyResult>& policies);

/// For each policy and capacity the sites' rows (`capacity`: slots of the site's own pool), then those of the whole model; and one matrix a policy (and
/// site): events by capacity and number of misses.
Results cacheRows(const simulation::EventSet& events, const std::vector<simulation::PolicyResult>& policies,
    const CacheRowContext& context);

/// Sum over all pools with the c-th capacity.
simulation::Counters wholeModel(const simulation::PolicyResult& policy, std::size_t c);

/// How a trace asks its cache. All steps count, warm-up too.
struct Regime
{
    double eventSize = 0; ///< mean |S|: distinct experts of a step at a site
    double slotsAStep = 0; ///< T: distinct experts of a step in one pool, mean over steps and pools
    std::optional<double> reuse; ///< share of an event's experts that the site's event before asked for too
    double assignments = 0; ///< (token, slot) pairs a distinct expert
};
/// None where nothing was asked for.
std::optional<Regime> regimeOf(const simulation::EventSet& events);

}
