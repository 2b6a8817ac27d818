// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/what_if/contract_text.h"
#include "app/cli/terminal/result_output.h"

namespace expertscope {

struct SimulatePlacementOptions
{
    std::filesystem::path trace;
    SelectionOptions selection;
    OutputOptions output;
    std::uint32_t gpus = 0, nodes = 1, replicas = 0, groups = 1, batch = 0;
    std::string planners = "all"; ///< or names, with commas
    std::string dispatch = "round-robin", home = "token", windows = "256", expertBytes; ///< as the user gives them
    double loadCap = 1.05; ///< coactivation
    std::string weights = "1,1,1"; ///< joint: load, fan-out, cross-site
    std::vector<std::filesystem::path> plans; ///< scored beside: plans made elsewhere, as JSON
    bool perSite = false, scoreLearning = false;
    std::filesystem::path exportTo; ///< the plan of the one planner, as JSON
    std::string exportForm = "full"; ///< full, sglang, list
};

/// All planners with their definitions, a few lines each.
std::string plannerHelp();

/// expertscope simulate placement. Exit status: 0, 1 after one line on stderr, 2 when the options make no sense.
int runSimulatePlacement(const SimulatePlacementOptions& options);

}
