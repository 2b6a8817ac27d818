// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/rerouting/rule.h"

#include <map>
#include <string>
#include <vector>

namespace expertscope::rerouting {

/// All rules, the usual one first; one line each in registry.cpp. Beside its strength each takes `keep` and
/// `tolerance`.
const std::vector<RuleSpec>& ruleRegistry();

struct RerouteRequest
{
    std::string rule;
    std::map<std::string, std::string> params = {};
};

struct CheckedRule
{
    const RuleSpec* spec = nullptr;
    std::vector<double> strengths; ///< as given, each once
    std::uint32_t keep = 1; ///< J
    double tolerance = 0; ///< largest share of tokens that may have been routed by more than their logits
};
/// Errors: no such rule or parameter; a strength named twice.
Expected<CheckedRule> checkRule(const RerouteRequest& request);

}
