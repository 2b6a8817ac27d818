// SPDX-License-Identifier: GPL-3.0-or-later
//
// DeepSeek's expert parallelism load balancer, exactly.
#pragma once

#include "analysis/placement/placement.h"

#include <cstdint>
#include <span>
#include <vector>

namespace expertscope::placement {

/// The logical expert of each of `numSlots` physical slots for the loads of one site (deepseek-ai/EPLB,
/// rebalance_experts): experts in `groups` are packed to nodes group by group, copied inside their node, and the
/// copies packed to the node's GPUs, if the nodes divide the groups; otherwise, without groups, over the whole cluster.
/// Where the original leaves ties to its sorting routine, the first index wins. Single precision, as there.
///
/// Beyond the original: where G does not divide the slots, the first GPUs hold one more; where groups, nodes, experts
/// and slots do not divide each other as its hierarchical policy asserts, the global one is used.
std::vector<std::uint16_t> eplbSlots(
    std::span<const float> load, std::size_t numSlots, std::uint32_t groups, const Cluster& cluster);

}
