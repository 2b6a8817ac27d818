// SPDX-License-Identifier: GPL-3.0-or-later
//
// Small multiples of any chart: a panel a layer, a value of a label or a trace.
#pragma once

#include "views/charts/chart.h"

namespace expertscope {

/// The chart with one more option, "panels": with "layers", "label:NAME" or "traces" it is computed and drawn as `spec`
/// does for each router that is kept, each value that has tokens, or each trace, at most 12 of them (layers and traces
/// evenly, values in order), and drawn as a panelGrid(). A layer is the chart's option "site", else a scope of that
/// router alone. Panels that cannot be drawn are left out and noted with the reason. Errors, beside those of
/// panelGrid(): no such label; one trace; panels that would be a point or a row each, or all the same; what the first
/// panel fails with, where all do.
ChartSpec withMultiples(ChartSpec spec);

}
