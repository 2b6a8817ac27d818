// SPDX-License-Identifier: GPL-3.0-or-later
//
// Cross-site traffic: one site after the other is placed at best for where its neighbours are.
#pragma once

#include "analysis/placement/pair_gains.h"

namespace expertscope::placement {

/// Sweeps forth and back over the chain, each site an exact transportation problem, until no site improves. A step that
/// would raise the share of pairs apart is not made, so the share never rises.
void sweepChain(const LearnedCounts& counts, const Cluster& cluster, ChainState& chain);

/// The best of `restarts` starts, swept. The first keeps the first site contiguous and lets each other one follow the
/// one before it; the second is contiguous; the others follow a random first site.
ChainState bestChain(const LearnedCounts& counts, const Cluster& cluster, std::uint32_t replicas,
    std::uint32_t restarts, std::uint64_t seed);

/// As many restarts as take a fraction of a second, 2 to 50.
std::uint32_t cheapRestarts(const LearnedCounts& counts, const Cluster& cluster, std::uint32_t replicas);

}
