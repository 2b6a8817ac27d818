// SPDX-License-Identifier: GPL-3.0-or-later
//
// Descent by swaps for objectives that look at pairs of items: co-activation, neighbours in other sites, load.
#pragma once

#include "analysis/placement/items.h"

#include <limits>

namespace expertscope::placement {

/// Maximise
///
///     sum over pairs of items   pair[i, j] closeness(gpu i, gpu j)
///   + sum over items            linear[i, gpu i]
///   - loadWeight x largest load of a GPU / mean load of a GPU
///
/// where closeness is 1 on the same GPU, plus 1 on the same node if there are several nodes (ExFlow's cost, negated).
struct SwapProblem
{
    const SiteItems* items = nullptr;
    Cluster cluster;
    std::vector<double> pair = {}; ///< [n, n] symmetric, diagonal 0; or empty
    std::vector<double> linear = {}; ///< [n, G] or empty
    double loadWeight = 0;
    double loadCap = std::numeric_limits<double>::infinity(); ///< x mean load: no swap may lift a GPU above it

    double closeness(std::uint32_t g, std::uint32_t h) const
    {
        if (cluster.nodes == 1)
            return g == h ? 1 : 0;
        return (g == h ? 1 : 0) + (cluster.nodeOf(g) == cluster.nodeOf(h) ? 1 : 0);
    }
};

/// The sum above.
double gain(const SwapProblem& problem, const Assignment& gpuOf);

/// Goes through the items again and again, each time making the best swap of the item, until none helps. Neither
/// lowers the gain, nor lifts a GPU above the cap (one that is above it may only sink), nor brings copies together.
void descend(const SwapProblem& problem, Assignment& gpuOf);

}
