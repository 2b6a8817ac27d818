// SPDX-License-Identifier: GPL-3.0-or-later
//
// What if: experts spread over GPUs. From options as text to plans and what they cost.
#pragma once

#include "analysis/placement/compare.h"
#include "analysis/placement/placement_json.h"
#include "analysis/results/result_document.h"
#include "analysis/study/request_text.h"

#include <filesystem>

namespace expertscope {

struct PlacementOptions
{
    SelectionOptions selection;
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

/// What the options mean, checked without a trace.
struct PlacementQuestion
{
    PlacementOptions asked;
    Scope scope;
    placement::CompareRequest compare;
    placement::PlanForm form = placement::PlanForm::Full;
};
/// Errors are wrong uses.
Expected<PlacementQuestion> checkPlacement(const PlacementOptions& options);

struct PlacementAnswer
{
    placement::CompareRequest compare; ///< with the plans that were read and the sizes of the trace's model
    placement::PlannerComparison comparison;
};
/// Errors: plans that cannot be read; a scope that takes tokens out of sequences; those of comparePlanners().
Expected<PlacementAnswer> comparePlacements(
    const Study& study, std::size_t trace, const PlacementQuestion& question, const Progress& progress = {});

/// The plan of the one planner in the form that was asked for.
Expected<std::string> exportedPlan(
    const PlacementQuestion& question, const PlacementAnswer& answer, const NamedTrace& trace);

results::ResultOrigin originOf(
    const PlacementQuestion& question, const PlacementAnswer& answer, const NamedTrace& trace);

}
