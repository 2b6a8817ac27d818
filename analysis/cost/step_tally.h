// SPDX-License-Identifier: GPL-3.0-or-later
//
// What simulated caches counted, laid out for modelling: made once after a replay; modelTimes() then turns it into
// times as often as a number of the machine or the model changes.
#pragma once

#include "analysis/simulation/simulate.h"

#include <cstdint>
#include <vector>

namespace expertscope::cost {

/// Sites whose events look alike share one table of event times.
struct SiteShape
{
    double experts = 0; ///< mean s: distinct experts an event
    double tokens = 0; ///< mean tokens an expert
    bool operator==(const SiteShape&) const = default;
};

/// One policy at one capacity. In flat arrays: a slider runs through thousands of them.
struct TallyPoint
{
    std::uint64_t misses = 0;
    std::size_t mostMisses = 0; ///< J, of any event
    std::vector<std::uint64_t> events; ///< [site][J] events with j + 1 misses
    std::vector<std::size_t> mostWatched; ///< [group] J, of any watched event
    /// [group][J of the group][watched step] sites at which j + 1 experts were missing
    std::vector<std::vector<std::uint16_t>> watched;
};

struct StepTally
{
    std::uint64_t steps = 0; ///< counted ones
    double tokensAStep = 0; ///< mean, of all steps
    std::uint64_t tokens = 0; ///< of the counted steps; 0: not known
    /// All events of each site are of one size and one number of tokens an expert, as in decoding with batch 1: times
    /// are exact in the model. Else the means stand for each event (see modelTimes).
    bool even = true;

    std::vector<SiteIndex> sites; ///< [m] of all pools, pool by pool
    std::vector<std::uint32_t> shapeOfSite; ///< [m]
    std::vector<SiteShape> shapes;
    std::vector<double> expertsAStep; ///< [shape] mean experts a step, over all its sites: the computing of a step

    std::uint64_t watchedSteps = 0;
    std::vector<SiteShape> groups; ///< of which watched misses are kept apart: the shapes, or one mean of too many
    std::vector<std::uint32_t> groupOfSite; ///< [m]
    std::vector<std::vector<double>> watchedExperts; ///< [group][step] experts of the watched step; empty: all alike

    std::vector<std::uint32_t> capacities;
    std::vector<std::vector<TallyPoint>> points; ///< [policy][capacity]
};

/// `policies`: of these events under this contract. `tokens`: of the counted steps, 0 if that is not known. Watched
/// steps are taken as watchSteps() has chosen them; without any there will be no percentiles. Steps must be of one
/// kind: with prefill chunks a mean step stands for nothing.
StepTally tallySteps(const simulation::EventSet& events, const simulation::Contract& contract,
    const std::vector<simulation::PolicyResult>& policies, std::uint64_t tokens);

}
