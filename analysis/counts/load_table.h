// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/spine/pass_options.h"
#include "io/base/error.h"

namespace expertscope {

/// Load of a trace or of a part of it: c[l, e] = tokens that chose expert e at site l (metrics 0, 6.1).
struct LoadTable
{
    std::uint16_t numExperts = 0; ///< row length: the largest E of all sites
    std::vector<std::uint64_t> counts; ///< [M, numExperts]
    std::vector<std::uint64_t> tokens; ///< [M] tokens with at least one choice
    std::vector<std::uint64_t> choices; ///< [M] sum of counts

    std::uint64_t count(SiteIndex site, ExpertIndex expert) const
    {
        return counts[std::size_t(site) * numExperts + std::size_t(expert)];
    }
};

/// Counts of all sites in one parallel pass. Error: unknown label or value, unreadable file, cancelled.
Expected<LoadTable> loadTable(BlockSource& source, const PassOptions& options);

}
