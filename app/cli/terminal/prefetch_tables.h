// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/what_if/prefetch_run.h"

namespace expertscope {

/// What predictors name, and what prefetching changes for each policy and capacity.
std::string prefetchTables(const PrefetchModel& model, std::size_t width);

}
