// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/spine/metric_spec.h"

namespace expertscope {

/// All metrics; one line each in registry.cpp.
const std::vector<MetricSpec>& metricRegistry();

/// The metric of that name, or an error that names the known ones.
Expected<const MetricSpec*> findMetric(const std::string& name);

}
