// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/accumulator.h"

namespace expertscope {

/// Load of a trace or of a part of it: c[l, e] = tokens that chose expert e at site l (metrics 0, 6.1).
struct LoadTable
{
    std::uint16_t numExperts = 0;        ///< row length: the largest E of all sites
    std::vector<std::uint64_t> counts;   ///< [M, numExperts]
    std::vector<std::uint64_t> tokens;   ///< [M] tokens with at least one choice
    std::vector<std::uint64_t> choices;  ///< [M] sum of counts

    std::uint64_t count(SiteIndex site, ExpertIndex expert) const
    {
        return counts[std::size_t(site) * numExperts + std::size_t(expert)];
    }
};

/// Options of a pass over a trace, common to all metrics.
struct PassOptions
{
    std::vector<LabelFilter> where;     ///< sequences must satisfy all of them
    std::vector<SiteIndex> sites;       ///< empty: all
    std::uint32_t skipFirst = 0;        ///< leading tokens of each sequence to leave out
    unsigned threads = 0;               ///< 0: all cores
    std::function<bool(double fraction)> progress; ///< called often, from any one thread; false cancels
};

/// Counts of all sites in one parallel pass. Error: unknown label or value, unreadable file, cancelled.
Expected<LoadTable> loadTable(BlockSource& source, const PassOptions& options);

}
