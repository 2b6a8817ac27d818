// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/accumulator.h"

namespace expertscope {

/// The metric over all sequences, and again over those of each value of context.by: every metric that does not compare
/// the values itself gets `--by` this way. Costs one pass: the whole is the parts merged.
std::unique_ptr<Accumulator> splitByLabel(const MetricSpec& spec, const MetricContext& context);

}
