// SPDX-License-Identifier: GPL-3.0-or-later
//
// `simulate cache --reroute`: what if the router knew what is resident.
#pragma once

#include "analysis/rerouting/rerouting.h"
#include "analysis/what_if/serving.h"

namespace expertscope {

/// "lambda=0/0.1,keep=2" (rule prior), "max_rank:rank=8/16", "cumulative". Errors: what checkRule() says.
Expected<rerouting::RerouteRequest> parseReroute(const std::string& text);

/// All rules with definition and parameters, a few lines each.
std::string ruleHelp();

/// Instead of runSimulateCache(), if options.reroute is not empty; `policies` may be "all": those that go event by
/// event. Exit status as there.
int runSimulateReroute(const SimulateCacheOptions& options);

}
