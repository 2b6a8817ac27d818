// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which block of a flow diagram stands above which: so that what belongs together crosses little.
#pragma once

#include <cstddef>
#include <vector>

namespace expertscope {

struct FlowLink
{
    std::size_t from = 0, to = 0; ///< blocks of a column and of the next
    double weight = 0; ///< > 0
};

/// Sum over all pairs of links that cross of the product of their weights; `from[b]`, `to[b]`: the place of block b in
/// its column. O(m log m) with a Fenwick tree.
double weightedCrossings(
    const std::vector<FlowLink>& links, const std::vector<std::size_t>& from, const std::vector<std::size_t>& to);

/// Blocks from the top down, a list a column. Barycentre sweeps to both sides, of which the best is kept, then swaps of
/// neighbours while they help; never worse than the blocks' own order. Deterministic. The heaviest block of the first
/// column stands in its upper half, so that no mirror image is another order. `sizes`: of the blocks, a list a column;
/// `links`: a list from each column to its next.
std::vector<std::vector<std::size_t>> flowOrder(
    const std::vector<std::vector<double>>& sizes, const std::vector<std::vector<FlowLink>>& links);

}
