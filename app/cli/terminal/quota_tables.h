// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/what_if/quota_rows.h"

namespace expertscope {

/// Hit rates, and the fewest and most slots of a pool.
std::string quotaTables(const simulation::EventSet& events, const std::vector<QuotaCurve>& curves,
    const std::vector<std::uint32_t>& capacities, std::size_t width);

}
