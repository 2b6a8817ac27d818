// SPDX-License-Identifier: GPL-3.0-or-later
//
// Any map of one side minus the same map of another, or their ratio, cell by cell: two traces, or other tokens of one.
#pragma once

#include "views/charts/chart.h"

namespace expertscope {

/// How two sides are compared: kBeside, "difference", "ratio".
inline constexpr const char *kAgainstAs = "against_as", *kBeside = "beside";

/// The chart with the options "against" (conditions in a row, analysis/study/sides.h), "against_trace" (by name or by its
/// place from 1) and "against_as" (difference or ratio). With one of the first two both sides are computed and drawn as
/// `spec` does, and what is shown is the first minus the second, or log2 of their ratio, about 0. Cells that are 0 on a
/// side, or of too few observations (CountedCells), have no ratio; the note says how many. Errors, beside those of the
/// chart: those of sideAgainst(); a side without tokens; pictures that do not have the same rows and columns; an order
/// that each side has of its own; a ratio of values below 0.
ChartSpec withDifference(ChartSpec spec);

}
