// SPDX-License-Identifier: GPL-3.0-or-later
//
// A sequence as a raster: what each token chooses first at every site, or which experts it chooses at one.
#pragma once

#include "views/charts/subject.h"
#include "views/paint/strips.h"
#include "views/tokens/data/colour_sample.h"
#include "views/tokens/data/kept_tokens.h"

namespace expertscope {

struct TimelineRaster
{
    SequenceIndex sequence;
    TokenRange range; ///< its columns: all of the sequence, or a part of a long one
    bool experts = false; ///< rows are experts of `site`, else sites
    SiteIndex site;
    Strips strips; ///< names: 1 = the expert that comes first most often at its site …; of experts 1 = first choice, 2
                   ///< = other
    std::vector<std::vector<std::uint16_t>> first; ///< [row] of sites: the first choice of each token

    std::vector<QString> texts; ///< of its tokens as they are shown; empty: not recorded, or too many

    std::size_t rows() const { return strips.rows(); }
    /// What a cell is about; empty where nothing is.
    Subject subject(std::size_t row, TokenIndex token) const;
};
using TimelineRasterPtr = std::shared_ptr<const TimelineRaster>;

inline constexpr std::uint64_t kTimelineCells = 1 << 22; ///< that are read at most

/// The tokens of the sequence around `at` that a raster of so many rows holds.
TokenRange timelineRange(const RoutingShape& shape, TokenIndex at, std::size_t rows);

/// First choices at all sites, coloured by how often they are one among `sample`. Errors: what reading says;
/// kCancelled.
Expected<TimelineRasterPtr> siteTimeline(
    const KeptTokens& kept, TokenIndex at, const ColourSample& sample, const Progress& progress);
/// The experts chosen at a site.
Expected<TimelineRasterPtr> expertTimeline(
    const KeptTokens& kept, TokenIndex at, SiteIndex site, const Progress& progress);

}
