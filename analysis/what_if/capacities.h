// SPDX-License-Identifier: GPL-3.0-or-later
//
// How many experts a cache holds, as a user says it.
#pragma once

#include "analysis/what_if/model_sizes.h"

#include <cstdint>
#include <string>
#include <vector>

namespace expertscope {

/// Capacities as a user gives them: slots, ranges of slots, shares of a pool.
struct CapacityList
{
    std::vector<std::pair<std::uint32_t, std::uint32_t>> slotRanges; ///< first, last
    std::vector<double> percent; ///< of the experts of a pool
    std::vector<double> bytes = {}; ///< of all pools together: bytesToSlots() makes slots of them
};
/// "1-64", "8,16,32", "50%", "8GiB", also mixed. Empty: each sixteenth of a pool.
Expected<CapacityList> parseCapacities(const std::string& text);
/// Slots, ascending, each once; those above `poolSize` become it (`cut` says whether there were any).
std::vector<std::uint32_t> capacitiesOf(const CapacityList& list, std::uint32_t poolSize, bool& cut);

/// Bytes of `list` become slots: those of all pools together, shared equally by `pools`. Errors: a size that is not
/// known, or too small for a slot in each.
Expected<void> bytesToSlots(CapacityList& list, const ModelSizes& sizes, std::size_t pools);

}
