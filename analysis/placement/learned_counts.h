// SPDX-License-Identifier: GPL-3.0-or-later
//
// What planners know of a trace: counts over the tokens they may learn from.
#pragma once

#include "analysis/spine/pass_options.h"

#include <cstdint>
#include <vector>

namespace expertscope::placement {

/// Which pairs of an expert and an expert of the next site are counted.
enum class NextPairs
{
    All, ///< every choice with every choice: k k' pairs a token
    First ///< first choice with first choice: ExFlow's
};

struct LearnOptions
{
    bool together = false; ///< count experts chosen by the same token
    bool next = false; ///< count experts that follow each other from site to site
    NextPairs nextPairs = NextPairs::All;
};

/// Counts of one site.
struct SiteCounts
{
    SiteIndex site;
    std::uint16_t layer = 0;
    std::uint16_t numExperts = 0; ///< E
    std::uint64_t tokens = 0; ///< with at least one choice
    std::vector<std::uint64_t> load; ///< [E] choices
    std::vector<std::uint32_t> together; ///< [E, E] tokens that chose both, symmetric, diagonal 0; or empty
    std::vector<std::uint32_t> next; ///< [E, E of the next site] pairs; empty at the last site, or if not asked for
};

struct LearnedCounts
{
    std::vector<SiteCounts> sites; ///< ascending; "next" means the next of these
};

/// Counts over the tokens that `options` select. Memory: 4 E^2 bytes a site, kind of pair and thread.
/// Errors: those of runPass; more than 2^32 - 1 tokens with pairs wanted.
Expected<LearnedCounts> learn(BlockSource& source, const LearnOptions& what, const PassOptions& options);

}
