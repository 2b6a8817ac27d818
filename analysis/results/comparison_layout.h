// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/results/comparison.h"
#include "analysis/results/layout.h"

namespace expertscope::results {

/// One table a measure; of measures with a number for each expert the largest differences.
ResultLayout layOut(const Comparison& comparison, const LayoutOptions& options);

}
