// SPDX-License-Identifier: GPL-3.0-or-later
//
// Policies and contracts of caches, as a user writes them. Errors here are wrong uses.
#pragma once

#include "analysis/simulation/policy.h"
#include "analysis/simulation/simulate.h"

#include <map>
#include <string>
#include <vector>

namespace expertscope {

/// "lru,ema:halflife=8,static:learn=half": a part with '=' but no ':' is one more parameter of the policy before it.
/// Errors: unknown policies and parameters, one named twice. Empty result: "all".
Expected<std::vector<simulation::PolicyRequest>> parsePolicies(const std::string& text);
/// The other way round, of one.
std::string policyText(const simulation::PolicyRequest& policy);

struct PolicyChoice
{
    std::vector<simulation::PolicyRequest> policies;
    std::map<std::string, std::string> leftOut; ///< why policies cannot -> their names
};
/// Those of parsePolicies() that are `able`; of "all" the others are left out. Errors: a policy that was named and is
/// not.
Expected<PolicyChoice> choosePolicies(
    const std::string& text, const std::function<Expected<void>(const simulation::PolicyRequest&)>& able);
/// "why: names; why: names": for files.
std::string leftOutText(const PolicyChoice& choice);

/// "atomic", "sequential", "sequential:ascending" into `contract`.
Expected<void> parseService(const std::string& text, simulation::Contract& contract);
/// "per-site", "global", "groups:4", "groups:0-3/4-11" into `contract`.
Expected<void> parsePools(const std::string& text, simulation::Contract& contract);

}
