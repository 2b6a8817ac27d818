// SPDX-License-Identifier: GPL-3.0-or-later
//
// Replays with prefetches as rows of the results schema (resources/docs/prefetch.md lists them).
#pragma once

#include "analysis/spine/result.h"
#include "analysis/what_if/prefetch_run.h"

namespace expertscope {

/// Rows of predictors, then of each policy, capacity and setup (`prefetch`: "none" or its text): those of the sites and
/// of the whole model; and a matrix a predictor: recall by site and by how many are named. `params`: of every row.
Results prefetchRows(const PrefetchModel& model, const std::map<std::string, ParameterValue>& params);

}
