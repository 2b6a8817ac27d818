// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/study/study.h"

namespace expertscope {

/// Tells apart what is asked for, but for the metric. `series`: names of the traces that are compared.
std::string questionText(const MetricQuestion& question, const std::vector<std::string>& series = {});

/// Parameters that are left out are those that are given as they are by default. Empty: there is no such metric.
std::string requestText(const MetricRequest& metric);

}
