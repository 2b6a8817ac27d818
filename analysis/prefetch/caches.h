// SPDX-License-Identifier: GPL-3.0-or-later
//
// The caches that prefetches go to: one for each policy that can be stepped through its events, whatever else happens
// between them. To all of them a prefetch is a load like any other, and the use after it a hit.
#pragma once

#include "analysis/simulation/registry.h"

namespace expertscope::prefetch {

using CacheMaker = std::function<std::unique_ptr<simulation::SteppedCache>(
    const simulation::EventStream& stream, std::uint32_t capacity)>;

/// Errors: no such policy or parameter; a policy that cannot be stepped: `static` and those that weigh all their
/// objects anew in each event (ema, sch).
Expected<CacheMaker> cacheMaker(const simulation::PolicyRequest& policy, const simulation::Contract& contract);

/// The names of all policies that cacheMaker() knows.
std::vector<std::string> steppedPolicies();

}
