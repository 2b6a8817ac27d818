// SPDX-License-Identifier: GPL-3.0-or-later
//
// What planners move around: the copies of the experts of one site.
#pragma once

#include "analysis/placement/learned_counts.h"
#include "analysis/placement/placement.h"

#include <cstdint>
#include <span>
#include <vector>

namespace expertscope::placement {

using Assignment = std::vector<std::uint32_t>; ///< [n] the GPU of each item

/// Copies of the experts of a site. Tokens are dealt evenly over the copies of an expert: a copy has an equal share of
/// its load and of its pairs.
struct SiteItems
{
    std::vector<std::uint16_t> expert; ///< [n] experts 0 … E-1, then the further copies in the order they were given
    std::vector<double> load; ///< [n] of the expert, divided by its copies
    std::vector<std::uint32_t> copies; ///< [E]
    std::vector<std::uint32_t> room; ///< [G] slots on each GPU
    double meanLoad = 0; ///< of a GPU

    std::size_t size() const { return expert.size(); }
    double share(std::size_t item) const { return 1.0 / copies[expert[item]]; }
};

/// One copy of each expert, then `replicas` times one more of the expert with the largest load a copy, first index
/// first (EPLB's replication). Loads are compared in single precision, as EPLB does.
SiteItems makeItems(const SiteCounts& counts, const Cluster& cluster, std::uint32_t replicas);

/// The same rule on any loads: the expert of each of `numCopies` copies.
std::vector<std::uint16_t> replicate(std::span<const float> load, std::size_t numCopies);

/// Slots in the order of the GPUs, within a GPU by expert.
SitePlacement placementOf(const SiteCounts& counts, const SiteItems& items, const Assignment& gpuOf);

/// Loads of the GPUs.
std::vector<double> gpuLoads(const SiteItems& items, const Assignment& gpuOf);

/// Items in slot order, as `contiguous` places them.
Assignment contiguousAssignment(const SiteItems& items);

}
