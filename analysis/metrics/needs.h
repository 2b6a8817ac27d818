// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/spine/metric_spec.h"

namespace expertscope {

Columns united(const Columns& a, const Columns& b);

/// The first alternative that the trace holds, or null.
const Columns* firstRecorded(const std::vector<Columns>& needs, const Columns& recorded);

/// "weights", "entropy or logits", "": what a metric reads besides expert ids.
std::string describeNeeds(const std::vector<Columns>& needs);

/// Why the metric cannot be computed of a trace of this shape, or empty. `picksTokens`: PassOptions::tokens is set. `traces`: how
/// many are compared.
std::string whatIsMissing(const MetricSpec& spec, const RoutingShape& shape, bool hasLabel, bool picksTokens,
    std::size_t traces);

}
