// SPDX-License-Identifier: GPL-3.0-or-later
//
// Results as tables on a terminal.
#pragma once

#include "analysis/results/layout.h"

#include <cstddef>
#include <iosfwd>

namespace expertscope {

/// Lines fit into `width` columns where a table lets them; what a file of results may hold cannot confuse a terminal.
void writeTables(std::ostream& out, const results::ResultLayout& layout, std::size_t width);

}
