// SPDX-License-Identifier: GPL-3.0-or-later
//
// What stays the same while a cluster is changed by hand: counts from which plans are made, and their loads known,
// without reading the trace again.
#pragma once

#include "analysis/what_if/placement.h"

#include <memory>

namespace expertscope {

struct PlacementCounts
{
    placement::LearnedCounts learned; ///< of the tokens that planners learn from: loads alone
    placement::LearnedCounts scored; ///< of the others: loads alone
};
using PlacementCountsPtr = std::shared_ptr<const PlacementCounts>;

/// One reading of each part. Errors: those of comparePlacements() but for its plans.
Expected<PlacementCountsPtr> countPlacement(
    const Study& study, std::size_t trace, const Scope& scope, const Progress& progress = {});

/// Whether a planner looks at loads alone, so that loadsByCounts() can ask it.
bool plansByLoads(const std::string& planner);

struct CountedLoads
{
    std::vector<SiteIndex> sites;
    std::vector<std::vector<double>> loads; ///< [site][GPU] choices
    double maxOverMean = 0; ///< mean over the sites that are asked for anything; 0: none is
    bool exact = true; ///< no expert has copies: what a replay counts; else copies share their expert's choices equally
};
/// Of the one planner of `question`. Errors: those of the planner; one that needs more than loads.
Expected<CountedLoads> loadsByCounts(const PlacementCounts& counts, const PlacementQuestion& question);

}
