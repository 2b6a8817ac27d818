// SPDX-License-Identifier: GPL-3.0-or-later
//
// Any map of one trace minus the same map of another, cell by cell.
#pragma once

#include "views/charts/chart.h"

namespace expertscope {

/// The chart with one more option, "against_trace": another trace of the study, by name or by its place from 1. With it
/// both are computed and drawn as `spec` does, and what is shown is the first minus the second, about 0. Errors, beside
/// those of the chart: no such trace; pictures that do not have the same rows and columns; an order that each trace has
/// of its own.
ChartSpec withDifference(ChartSpec spec);

}
