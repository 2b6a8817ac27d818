// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/what_if/cache_residency.h"

namespace expertscope {

/// The experts that are loaded most often, and how many more there are.
std::string residencyTable(const RoutingShape& shape, const simulation::EventSet& events,
    const CacheResidency& residency, std::size_t width);

}
