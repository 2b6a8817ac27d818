// SPDX-License-Identifier: GPL-3.0-or-later
//
// Cross-site traffic: one site after the other is placed at best for where its neighbours are.
#pragma once

#include "analysis/placement/pair_gains.h"

namespace expertscope {

/// Sweeps forth and back over the chain, each site an exact transportation problem, until no site improves. A step that
/// would raise the share of pairs apart is not made, so the share never rises.
void sweepChain(const LearnedCounts& counts, const Cluster& cluster, ChainState& chain);

/// From `contiguous` and from random starts (`restarts` in all), the best.
ChainState bestChain(const LearnedCounts& counts, const Cluster& cluster, std::uint32_t replicas,
    std::uint32_t restarts, std::uint64_t seed);

/// As many restarts as take a fraction of a second, 1 to 50.
std::uint32_t cheapRestarts(const LearnedCounts& counts, const Cluster& cluster, std::uint32_t replicas);

}
