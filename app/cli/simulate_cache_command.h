// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/result_output.h"
#include "app/cli/simulate_prefetch_options.h"
#include "app/cli/simulate_time_options.h"

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
};

/// All policies with definition and parameters, a few lines each.
std::string policyHelp();

/// expertscope simulate cache. Exit status: 0, 1 after one line on stderr, 2 when the options make no sense.
int runSimulateCache(const SimulateCacheOptions& options);

}
