// SPDX-License-Identifier: GPL-3.0-or-later
//
// All planners side by side: what `expertscope simulate placement` prints.
#pragma once

#include "analysis/placement/placement_rows.h"
#include "analysis/placement/planner.h"

#include <string>
#include <utility>
#include <vector>

namespace expertscope::placement {

struct NamedPlan
{
    std::string name; ///< the planner's, or where it was read from
    Placement plan;
};

struct CompareRequest
{
    PlanRequest plan;
    std::vector<std::string> planners; ///< empty: all
    std::vector<NamedPlan> given; ///< plans made elsewhere, scored beside
    NextPairs nextPairs = NextPairs::All; ///< what cross_layer and joint look at
    ReplayOptions replay;
    PlacementSizes sizes;
    bool perSite = false; ///< rows of the sites too
    bool scoreLearning = false; ///< also score on the tokens that were learnt from: how much a plan over-fits
};

struct PlannerComparison
{
    Results results; ///< rows; params: planner, gpus, nodes, replicas, dispatch, home, tokens, and the metric's own
    std::vector<NamedPlan> plans; ///< in the order of the rows, for export
    std::vector<Score> scores; ///< [plan] on the tokens that were not learnt from
    bool halves = false; ///< learnt from the first halves of sequences, scored on the second
};

/// Plans for the sites that `options` select (all that route among experts for the MLP, if it names none), learnt from
/// one part of the selected tokens, scored on the other (HeldOutSplit). Every row has `tokens` = "held_out" or
/// "learning". Deterministic: threads, blocks and time cannot change a bit.
///
/// Errors: unknown planner; no such cluster; nothing to hold out; those of a pass; given plans that do not fit.
Expected<PlannerComparison> comparePlanners(
    BlockSource& source, const CompareRequest& request, const PassOptions& options);

/// The contract of a comparison in one line, for the head of any output.
std::string comparisonContract(const CompareRequest& request, const PlannerComparison& comparison);

}
