// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the numbers of a chart are, told from the registries.
#pragma once

#include "views/charts/chart.h"

namespace expertscope {

/// Rich text: what is drawn; each metric behind it with definition, source, parameters and what chance gives.
QString chartDefinition(const ChartSpec& chart, const Parameters& options);
/// The same of metrics alone, for tables of them.
QString metricsDefinition(const std::vector<MetricRequest>& metrics);

}
