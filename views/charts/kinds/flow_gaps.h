// SPDX-License-Identifier: GPL-3.0-or-later
//
// From the results of the metrics "flow" and "flow_weights" to what lies between the columns of a flow diagram.
#pragma once

#include "views/charts/kinds/flow_window.h"

namespace expertscope {

/// `choices`: all, first or weights. Without pairs where the results hold none.
FlowGap flowGapOf(const Results& results, SiteIndex site, const std::string& choices);

/// The metric that has them.
MetricRequest flowMetricOf(const std::string& choices, const std::string& distance);

/// The same counts, beside what as many tokens picked at random from those of `all` would show.
FlowGap flowGapAgainst(FlowGap gap, const FlowGap& all);

}
