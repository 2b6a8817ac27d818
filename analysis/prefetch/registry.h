// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/prefetch/predictor.h"

#include <vector>

namespace expertscope::prefetch {

/// All predictors; one line each in registry.cpp.
const std::vector<PredictorSpec>& predictorRegistry();

}
