// SPDX-License-Identifier: GPL-3.0-or-later
//
// A scored plan as rows of the results schema (resources/docs/placement.md lists them).
#pragma once

#include "analysis/placement/replay.h"
#include "analysis/spine/result.h"

#include <map>
#include <string>

namespace expertscope::placement {

/// What turns counts into bytes. Unknown sizes make the rows undefined, not wrong.
struct PlacementSizes
{
    std::uint32_t hidden = 0; ///< elements of a hidden state; 0: unknown
    double dispatchBytes = 2, combineBytes = 2; ///< an element, on the way to the experts and back
    std::vector<double>
        expertBytes; ///< [sites of the plan] weights of one expert, or one value for all; empty: unknown
};

/// Error: as many expert sizes as neither 0, 1 nor the plan's sites; sizes that are negative or not finite.
Expected<void> checkSizes(const PlacementSizes& sizes, std::size_t numSites);

/// Rows of one plan. `start` is the plan that migration is counted from. `perSite` adds a row a site beside the mean.
std::vector<ResultRow> placementRows(const RoutingShape& shape, const Placement& plan, const Placement& start,
    const Score& score, const ReplayOptions& how, const PlacementSizes& sizes,
    const std::map<std::string, ParameterValue>& params, bool perSite);

}
