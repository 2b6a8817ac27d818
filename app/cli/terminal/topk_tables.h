// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/what_if/topk.h"

namespace expertscope {

/// What each cut takes from tokens and saves, by cut and by site, and caches then.
std::string topkTables(
    const TopkAnswer& answer, const Results& results, const RoutingShape& shape, std::size_t width);

}
