// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which experts two sides choose, expert by expert: only one of them, both and not alike, both and alike but for noise.
#pragma once

#include "analysis/study/sides.h"

namespace expertscope {

struct ExpertDifference
{
    using Interval = std::pair<double, double>;

    SiteIndex site;
    ExpertIndex expert;
    std::uint64_t countA = 0, countB = 0; ///< tokens that chose it
    double a = 0, b = 0; ///< load over the mean of the site's experts: 1 = uniform
    std::optional<Interval> interval; ///< of b - a, 95 %, over sequences
    bool beyondNoise = false;
};

struct ExpertDifferences
{
    /// The largest differences first. Experts that neither side chooses are in none of them.
    std::vector<ExpertDifference> onlyA, onlyB, beyond;
    std::uint64_t unchanged = 0; ///< chosen by both, within noise
    std::uint64_t neither = 0, notShared = 0; ///< chosen by none; of routers that one of the traces does not have
    bool intervals = false; ///< else a side has too few sequences for any: noise is that of independent tokens
};

/// Beyond noise is what results::beyondNoise() says: five standard deviations, and outside of both intervals where there
/// are some. Errors: those of checkSides() and Study::metrics().
Expected<ExpertDifferences> expertDifferences(
    const Study& study, const Side& a, const Side& b, const Progress& progress = {});

}
