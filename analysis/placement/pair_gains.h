// SPDX-License-Identifier: GPL-3.0-or-later
//
// Counts of pairs as gains of a SwapProblem.
#pragma once

#include "analysis/placement/swap_descent.h"

namespace expertscope::placement {

/// [n, n] share of all pairs of choices of a token at the site that are these two copies: what fan-out can save.
std::vector<double> pairGains(const SiteCounts& site, const SiteItems& items);

/// Copies of all sites and where they are, to look at neighbours.
struct ChainState
{
    std::vector<SiteItems> items;
    std::vector<Assignment> gpuOf;
};

enum class Neighbours
{
    Both,
    Before
};

/// [n, G] of site i of the chain: weight x (pairs with the sites before and after it that would meet there), the
/// neighbours being where they are; nodes count once more if there are several.
std::vector<double> neighbourGains(const LearnedCounts& counts, const ChainState& chain, std::size_t i,
    const Cluster& cluster, double weight, Neighbours neighbours = Neighbours::Both);

/// Pairs of neighbouring sites, over all sites.
double countedPairs(const LearnedCounts& counts);

/// Share of the pairs of neighbouring sites that meet neither on a GPU nor (if there are several nodes, counted once
/// more) on a node: what sweeps lower.
double apartShare(const LearnedCounts& counts, const ChainState& chain, const Cluster& cluster);

}
