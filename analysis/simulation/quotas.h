// SPDX-License-Identifier: GPL-3.0-or-later
//
// How to divide a budget of slots among pools, once their curves are known.
#pragma once

#include "analysis/simulation/counters.h"
#include "io/base/error.h"

#include <span>

namespace expertscope::simulation {

struct Quotas
{
    std::vector<std::uint32_t> capacities; ///< [pool] slots: a capacity of its curve, or 0
    std::uint64_t used = 0; ///< their sum, at most the budget
    std::uint64_t misses = 0; ///< of all pools with these
    bool exact = false; ///< no division has fewer misses (else: by the gain a slot, see optimalQuotas)
};

/// The division with the fewest misses in all. A pool may get any capacity of its curve, or 0 (then all its requests
/// miss). Where misses fall ever more slowly (convex) in every pool, slots go one after the other to where the next
/// capacity saves most a slot, which is exact if capacities are 1, 2, 3, …; otherwise dynamic programming is, unless
/// it takes more than a second or 100 MB: then each pool is replaced by its lower convex hull,
/// which loses at most what one step of a hull saves. Error: no curves.
Expected<Quotas> optimalQuotas(std::span<const PoolCurve> pools, std::uint64_t budget);

/// The same number of slots for each pool, the rest to the first ones; misses by the largest capacities of the curves
/// that are no larger.
Expected<Quotas> evenQuotas(std::span<const PoolCurve> pools, std::uint64_t budget);

}
