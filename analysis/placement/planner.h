// SPDX-License-Identifier: GPL-3.0-or-later
//
// Planners: from what was learnt to a plan. A new one is a file in planners/ and a line in registry.cpp.
#pragma once

#include "analysis/placement/learned_counts.h"
#include "analysis/placement/placement.h"

#include <functional>
#include <string>
#include <vector>

namespace expertscope::placement {

/// What a plan is to be made for, and the knobs of the planners. All deterministic.
struct PlanRequest
{
    Cluster cluster;
    std::uint32_t replicas = 0; ///< slots a site beyond one an expert
    std::uint32_t groups = 1; ///< expert groups of the model (group-limited routing): EPLB's hierarchical policy
    double loadCap = 1.05; ///< `coactivation`: largest load of a GPU over the mean that swaps may reach
    double loadWeight = 1, fanOutWeight = 1, crossWeight = 1; ///< of `joint`
    std::uint32_t restarts = 0; ///< of `cross_layer`; 0: as many as are cheap, 2 to 50
    std::uint64_t seed = 1; ///< of the random starts
};

struct Planner
{
    std::string name;
    std::string definition; ///< one line
    std::string source; ///< paper, program
    LearnOptions needs = {}; ///< beyond loads
    std::function<Expected<Placement>(const LearnedCounts&, const PlanRequest&)> make;
};

/// Errors that are the same for all planners: no such cluster, no sites, more slots than can be numbered, counts that
/// a planner needs and does not have.
Expected<void> checkRequest(const LearnedCounts& counts, const PlanRequest& request, const LearnOptions& needs);

}
