// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <vector>

namespace expertscope {

/// The (token, slot) pairs of routed tokens, sorted by expert, and the tiles that this order falls into.
struct ExpertOrder
{
    struct Item
    {
        std::int64_t expert, first, count; ///< rows of the order
    };
    std::vector<Item> items;
    std::vector<std::int64_t> tokens; ///< of each row
    std::vector<std::int64_t> places; ///< the row of each pair

    /// `chosen`: experts of pairs, slot by slot; at most `tile` rows an item.
    void sort(const std::vector<std::int32_t>& chosen, std::int64_t numExperts, std::int64_t topK, std::int64_t tile);

private:
    std::vector<std::int64_t> m_counts;
};

}
