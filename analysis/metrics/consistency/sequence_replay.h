// SPDX-License-Identifier: GPL-3.0-or-later
//
// Sequence after sequence through simulated caches.
#pragma once

#include "analysis/metrics/consistency/consistency.h"
#include "analysis/sequence_caches/sequence_caches.h"
#include "analysis/spine/fixed_sum.h"

namespace expertscope {

/// A cache for a site, or one for all sites together: their choices follow each other token by token, site by site.
/// Counts the share of hits of each sequence. A sequence is replayed when it is complete: till then its choices are
/// held, 4 bytes each.
class SequenceReplay
{
public:
    SequenceReplay(
        const MetricContext& context, std::span<const SiteIndex> sites, std::vector<CachePass> passes, bool warm);

    void observe(std::span<const Block> blocks);
    void add(const SequenceReplay& other);
    void persist(Archive& archive);

    /// Mean over sequences of hits / choices, a row a rho for each pass.
    struct HitRate
    {
        std::size_t pass = 0;
        ResultRow row; ///< with value, n and rho
    };
    std::vector<HitRate> hitRates() const;

private:
    using Rates = std::vector<FixedSum>; ///< [pass][size] over sequences

    /// With the sequence at hand, as if it ended here.
    Rates rates() const;
    void append(AccessStream& stream, std::span<const Block> blocks, const SequenceRun& run) const;
    void replay(const AccessStream& stream, Rates& rates) const;

    const RoutingShape* m_shape;
    CacheSizes m_sizes;
    std::vector<CachePass> m_passes;
    bool m_warm;
    std::vector<std::uint32_t> m_firstExpert; ///< [site] experts are numbered through; and an end mark
    RunCursor m_cursor;
    AccessStream m_open; ///< of the sequence at hand, when it comes in pieces
    Rates m_rates;
};

}
