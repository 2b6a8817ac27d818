// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/placement/compare.h"

namespace expertscope {

/// Plans side by side, on held-out tokens and, where asked for, on those they were learnt from.
std::string placementTables(const placement::CompareRequest& request, const placement::PlannerComparison& comparison,
    std::size_t width);

}
