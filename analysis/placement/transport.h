// SPDX-License-Identifier: GPL-3.0-or-later
//
// The transportation problem with few sinks: items to GPUs with so many slots each, at least cost.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace expertscope::placement {

/// The GPU of each item such that no GPU gets more items than it has `room` for and the sum of cost[item, GPU] is the
/// least possible. Exact, by successive shortest paths: items come one after the other, each along the cheapest chain
/// of moves among the GPUs. Time about n G^2 and a little; costs up to 2^60 / n in size. Ties: the lower GPU.
///
/// cost [n, G] with G = room.size(); the rooms must sum to n at least.
std::vector<std::uint32_t> solveTransport(std::span<const std::int64_t> cost, std::span<const std::uint32_t> room);

}
