// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/spine/metric_spec.h"

namespace expertscope {

/// Rows over all sequences, and rows with the label for each of its values.
std::unique_ptr<Accumulator> splitByLabel(const MetricSpec& spec, MetricContext context, const Label& label);

}
