// SPDX-License-Identifier: GPL-3.0-or-later
//
// Plans in the engines' own JSON, out and in (resources/docs/placement.md). A library of its own:
// expertscope_placement_json.
#pragma once

#include "analysis/placement/placement.h"
#include "io/base/output.h"
#include "io/trace/routing.h"

#include <optional>
#include <string>
#include <string_view>

namespace expertscope::placement {

enum class PlanForm
{
    Full, ///< vLLM's three maps by their names, and what is needed to read the plan back
    Sglang, ///< for --init-expert-location: physical_to_logical_map and no other key, one row a layer of the model
    List ///< the bare rows, one a site
};

/// `numLayers`: layers of the model, for Sglang (rows of layers without a router hold slot mod E); 0: the last site's
/// layer is the model's last. Errors: engines want as many slots at each site, a multiple of the GPUs; Sglang wants one
/// site a layer.
Expected<std::string> toJson(const Placement& plan, PlanForm form, std::uint32_t numLayers = 0);

/// A plan in one of the forms: as toJson() writes it, told by its keys, a list by how it is laid out.
FileKind planKind(PlanForm form);

/// Reads any of the forms for the sites of a trace. Rows are matched by the file's "sites"; without it row i is site i
/// if there are as many rows as sites, else the row of the site's layer; a single row is for all. `cluster` overrides
/// what the file says; a file that says nothing needs it. Errors name `where`: everything that is not a valid plan.
Expected<Placement> placementFromJson(
    std::string_view text, const RoutingShape& shape, const std::optional<Cluster>& cluster, const std::string& where);

}
