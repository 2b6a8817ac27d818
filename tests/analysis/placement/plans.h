// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/placement/placement.h"
#include "tests/support/memory_trace.h"

namespace expertscope::testing {

/// The same slots at every site of a trace.
inline placement::Placement samePlan(
    const RoutingShape& shape, const placement::Cluster& cluster, const std::vector<std::uint16_t>& held)
{
    std::vector<placement::SitePlacement> sites;
    for (std::size_t i = 0; i < shape.sites.size(); ++i)
        sites.push_back(
            {SiteIndex(static_cast<std::uint16_t>(i)), shape.sites[i].layer, shape.sites[i].numExperts, held});
    return *placement::Placement::create(cluster, sites);
}

/// Numbers from 0 on, shuffled; deterministic in `state`.
inline std::vector<std::uint16_t> shuffled(std::size_t n, std::uint64_t& state)
{
    std::vector<std::uint16_t> values(n);
    std::iota(values.begin(), values.end(), std::uint16_t(0));
    for (std::size_t i = n; i-- > 1;) {
        state = mix(state);
        std::swap(values[i], values[state % (i + 1)]);
    }
    return values;
}

inline std::vector<std::uint16_t> inOrder(std::size_t numSlots, std::size_t numExperts)
{
    std::vector<std::uint16_t> held(numSlots);
    for (std::size_t i = 0; i < numSlots; ++i)
        held[i] = static_cast<std::uint16_t>(i % numExperts);
    return held;
}

}
