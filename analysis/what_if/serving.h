// SPDX-License-Identifier: GPL-3.0-or-later
//
// How a cache is asked and what it promises, as a user says it: what all of `simulate cache` has in common.
#pragma once

#include "analysis/what_if/contract_text.h"
#include "analysis/what_if/prefetch_options.h"
#include "analysis/what_if/time_options.h"
#include "app/cli/terminal/result_output.h"

namespace expertscope {

struct SimulateCacheOptions
{
    std::filesystem::path trace;
    SelectionOptions selection;
    OutputOptions output;
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
    std::string reroute; ///< "[RULE:]KEY=VALUE,…": see simulate_reroute_command.h; empty: as recorded
};

struct CacheServing
{
    PassOptions selection;
    simulation::Contract contract;
    simulation::StepOptions steps;
};
/// Checked without the trace; errors are wrong uses.
Expected<CacheServing> checkServing(const SimulateCacheOptions& options);

/// The params of every row.
std::map<std::string, ParameterValue> servingParams(
    const SimulateCacheOptions& options, const simulation::Contract& contract);

/// "4096 steps, 4096 tokens, 131072 requests, batch 1, all that was selected".
std::string describeRun(const simulation::EventSet& events, const simulation::StepOptions& options);

}
