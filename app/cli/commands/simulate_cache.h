// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/what_if/serving.h"
#include "app/cli/terminal/result_output.h"

namespace expertscope {

/// All policies with definition and parameters, a few lines each.
std::string policyHelp();

/// expertscope simulate cache. Exit status: 0, 1 after one line on stderr, 2 when the options make no sense.
int runSimulateCache(const SimulateCacheOptions& options);

}
