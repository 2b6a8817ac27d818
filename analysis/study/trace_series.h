// SPDX-License-Identifier: GPL-3.0-or-later
//
// Metrics that compare several traces of the same tokens.
#pragma once

#include "analysis/study/trace_analysis.h"

namespace expertscope {

/// The metrics of the request over all traces, the last one being the final one. Traces that cannot be compared give
/// one row a metric that says why.
Expected<Results> seriesResults(
    const std::vector<NamedTrace>& traces, AnalysisRequest request, const ResultCache& cache);

}
