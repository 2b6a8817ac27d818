// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/what_if/caches.h"

namespace expertscope {

/// Hit rates of policies by capacity, how the trace asks, and what else was asked for.
std::string cacheTables(const CacheQuestion& question, const CacheAnswer& answer, std::size_t width);

/// Hit rates of the policies that are there already.
std::string ratesSoFar(const CacheAnswer& answer, std::size_t width);

}
