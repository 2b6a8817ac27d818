// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/pass.h"

namespace expertscope {

/// A metric asked for by name; parameters that are left out take their defaults.
struct MetricRequest
{
    std::string name;
    std::map<std::string, double> params = {};
};

/// Computes the metrics in one pass over the source and returns their rows, metric by metric in the order asked for.
/// `by`: name of a label, or empty. Metrics that compare its values do so; of the others there are rows over all
/// sequences (without label) and rows for each value.
///
/// A metric that needs a column or a label which is not there yields one row that says so; the rest works.
/// Errors: unknown metric, parameter, label, value or site; those of the source; kCancelled.
Expected<std::vector<ResultRow>> analyse(
    BlockSource& source, const std::vector<MetricRequest>& requests, const std::string& by, const PassOptions& options);

/// "weights", "entropy or logits", "": what a metric reads besides expert ids.
std::string describeNeeds(const std::vector<Columns>& needs);

}
