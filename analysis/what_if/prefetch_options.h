// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a user asks of prefetching, as text, and what it means.
#pragma once

#include "analysis/prefetch/compare.h"
#include "analysis/what_if/time_options.h"

namespace expertscope {

struct PrefetchRequest
{
    std::vector<prefetch::PrefetchSetup> setups;
    std::vector<std::string> texts; ///< [setup] as named by the user, parameters by name: "transition:horizon=2"
    std::uint32_t chunks = 1;
    std::vector<simulation::PolicyRequest> policies; ///< that are replayed
    bool queue = false; ///< in modelled time, level 3
};
/// Each of `texts`: "NAME[:KEY=VALUE,...]", several with commas between. `seed`: of the oracle. Errors are wrong uses:
/// unknown predictors and parameters, values out of range, one named twice, no prefetches under this contract.
Expected<PrefetchRequest> parsePrefetch(const std::vector<std::string>& texts, const std::string& chunks,
    std::uint64_t seed, const simulation::Contract& contract);

/// Error: a policy that cannot be replayed with prefetches. Without setups nothing is chosen, here and below.
Expected<void> choosePrefetchPolicies(
    std::vector<simulation::PolicyRequest> policies, const simulation::Contract& contract, PrefetchRequest& request);
/// With a machine prefetches are replayed on the queue model, unless the level that is `given` is another. Error: level
/// 3 without prefetches.
Expected<void> choosePrefetchLevel(const TimeRequest& time, bool given, PrefetchRequest& request);

/// What can be said of every predictor, beside its own parameters.
const std::vector<ParameterSpec>& prefetchParams();

}
