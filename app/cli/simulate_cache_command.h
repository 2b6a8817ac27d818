// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/result_output.h"
#include "app/cli/simulate_serving.h"

namespace expertscope {

/// All policies with definition and parameters, a few lines each.
std::string policyHelp();

/// expertscope simulate cache. Exit status: 0, 1 after one line on stderr, 2 when the options make no sense.
int runSimulateCache(const SimulateCacheOptions& options);

}
