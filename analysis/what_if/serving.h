// SPDX-License-Identifier: GPL-3.0-or-later
//
// How a cache is asked and what it promises, as a user says it: what all simulations of caches have in common.
#pragma once

#include "analysis/simulation/events.h"
#include "analysis/study/request_text.h"
#include "analysis/what_if/given_sites.h"
#include "analysis/what_if/time_options.h"

namespace expertscope {

struct CacheOptions
{
    SelectionOptions selection;
    TimeOptions time;
    std::string policies = "all", capacities, scope = "per-site", service = "atomic";
    std::string admission = "forced", cold = "empty", expertBytes; ///< as the user gives them
    std::vector<std::string> prefetch; ///< lists of predictors
    std::string chunks;
    std::uint32_t batch = 1, prefillChunk = 0, warmUp = 0;
    std::uint64_t seed = 1; ///< of random orders and policies
    std::uint64_t shuffle = 0; ///< > 0: sequences enter in an order of this seed
    bool flush = false;
    bool siteHistograms = false, quotas = false;
    bool byExpert = false; ///< of one policy and size: what it does with each expert
    std::string pin; ///< experts that are always resident: "FILE" or "set:FILE#NAME" (given_sites.h); empty: none
    std::string reroute; ///< "[RULE:]KEY=VALUE,…": see reroute.h; empty: as recorded
};

struct CacheServing
{
    Scope scope; ///< which tokens of the trace; what shares a pool is contract.scope
    simulation::Contract contract;
    simulation::StepOptions steps;
    GivenSites given; ///< pinned experts and slots, not yet looked up in a trace: see giveSites()
};
/// What is read besides the trace: files that the options name, and names that may be none.
std::vector<std::filesystem::path> filesOf(const CacheOptions& options);

/// Checked without the trace; errors are wrong uses.
Expected<CacheServing> checkServing(const CacheOptions& options);

/// What to read of a trace. Errors: a scope that takes tokens out of sequences; those of Study::passOf().
Expected<PassOptions> selectionOf(const Study& study, std::size_t trace, const Scope& scope, const Progress& progress);

/// The params of every row.
std::map<std::string, ParameterValue> servingParams(
    const CacheOptions& options, const simulation::Contract& contract);

/// "4096 steps, 4096 tokens, 131072 requests, batch 1, all that was selected".
std::string describeRun(const simulation::EventSet& events, const simulation::StepOptions& options);

}
