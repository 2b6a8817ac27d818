// SPDX-License-Identifier: GPL-3.0-or-later
//
// The two kinds of table that a family is arranged in. Private to analysis/results.
#pragma once

#include "analysis/results/line_keys.h"

namespace expertscope::results {

/// One table of measures with one number a line, side by side.
ResultTable scalarTable(const RowList& rows, const LayoutOptions& options);
/// The ends of a measure with a number for each expert.
ResultTable listTable(const RowList& rows, const LayoutOptions& options);

}
