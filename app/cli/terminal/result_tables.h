// SPDX-License-Identifier: GPL-3.0-or-later
//
// Results as tables on a terminal.
#pragma once

#include "analysis/results/layout.h"
#include "app/cli/reading/page.h"

#include <iosfwd>

namespace expertscope {

/// Lines fit into the page where a table lets them; what a file of results may hold cannot confuse a terminal.
void writeTables(std::ostream& out, const results::ResultLayout& layout, const Page& page);

/// The definition of a metric, for LayoutOptions::definitionOf.
std::string metricDefinition(const std::string& family);

}
