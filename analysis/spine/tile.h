// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a pass shows: the same tokens at several sites, and what looks at them.
#pragma once

#include "analysis/bits/choice_bits.h"

namespace expertscope {

/// The same tokens at several sites.
struct Tile
{
    std::span<const Block> blocks; ///< by site, ascending, at least one; same tokens, same runs, same token ids
    std::span<ChoiceBits> bits; ///< of each block, whatever its runs: made when first asked for

    std::span<const SequenceRun> runs() const { return blocks.front().runs; }
};

/// Looks at tiles. One thread at a time.
class TileObserver
{
public:
    virtual ~TileObserver() = default;

    /// Looks at what lies in the runs of a tile; tokens outside them were filtered out. A run continues the last one of
    /// the tile before when RunCursor says so (see Block). Who compares sites (MetricSpec::crossSite) gets all sites of
    /// the pass in each tile, the others maybe one.
    virtual void observe(const Tile& tile) = 0;
    /// Whether tiles of a single site do: then each site is looked at while it is still near the core.
    virtual bool takesSites() const { return false; }
};

/// Tells whether a run goes on where the last one ended. A position > 0 alone does not: the tokens before it may have
/// been skipped on purpose.
class RunCursor
{
public:
    /// To be called for every run, in order.
    bool continues(SiteIndex site, const SequenceRun& run)
    {
        const bool goesOn = m_any && m_site == site && m_sequence == run.sequence && m_next == run.position;
        m_any = true;
        m_site = site;
        m_sequence = run.sequence;
        m_next = run.position + run.length;
        return goesOn;
    }

private:
    bool m_any = false;
    SiteIndex m_site;
    SequenceIndex m_sequence;
    std::uint32_t m_next = 0;
};

}
