// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/simulation/policy.h"

#include <map>
#include <string>
#include <vector>

namespace expertscope::simulation {

/// All policies; one line each in registry.cpp.
const std::vector<PolicySpec>& policyRegistry();

struct PolicyRequest
{
    std::string name;
    std::map<std::string, std::string> params = {};
};

/// The policy's entry in the registry. Errors: no such policy, parameter, or a contract that it cannot serve.
Expected<const PolicySpec*> checkPolicy(const PolicyRequest& request, const Contract& contract);

}
