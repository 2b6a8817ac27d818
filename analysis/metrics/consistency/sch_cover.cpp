// SPDX-License-Identifier: GPL-3.0-or-later
//
// SCH as the first version of its paper defines it: how much of a window its most used experts cover (metrics 1.2).
#include "analysis/counts/sliding_tokens.h"
#include "analysis/metrics/consistency/consistency.h"
#include "analysis/spine/per_site.h"

#include <algorithm>

namespace expertscope {

namespace {

/// The sum of the C largest counts is the sum over alpha of min(C, experts with at least alpha choices). Those numbers
/// change by one at a time as the window moves on.
class Cover
{
public:
    Cover(std::size_t m, std::size_t numExperts, const std::vector<std::size_t>& sizes)
        : m_length(m)
        , m_sizes(sizes)
        , m_covered(sizes.size())
        , m_coveredNow(sizes.size())
        , m_count(numExperts)
        , m_experts(m + 1)
    {
    }

    /// n rows of tokens, the first being the place-th of its sequence, with the m rows before them.
    void take(const std::uint32_t* row, std::size_t n, std::uint64_t place, std::size_t width)
    {
        if (place == 0)
            forget();
        for (; n > 0; --n, ++place, row += width) {
            if (place >= m_length) {
                for (const std::uint32_t* x = row - m_length * width; x != row - (m_length - 1) * width; ++x)
                    leave(*x);
            }
            for (std::size_t r = 0; r < width; ++r)
                enter(row[r]);
            if (place + 1 < m_length)
                continue;
            ++m_windows;
            m_active += m_activeNow;
            for (std::size_t i = 0; i < m_sizes.size(); ++i)
                m_covered[i] += m_coveredNow[i];
        }
    }

    void add(const Cover& other)
    {
        m_windows += other.m_windows;
        m_active += other.m_active;
        for (std::size_t i = 0; i < m_covered.size(); ++i)
            m_covered[i] += other.m_covered[i];
    }

    void persist(Archive& archive)
    {
        archive(m_windows, m_active);
        archive.fixed(m_covered);
    }

    ResultRow row(std::size_t size) const
    {
        ResultRow row;
        row.metric = "sch_cover.hit_rate";
        row.params["m"] = double(m_length);
        row.n = m_windows;
        if (m_active == 0)
            row.undefined = m_windows ? kNoTokens : "no sequence has a window of so many tokens";
        else
            row.value = double(m_covered[size]) / double(m_active);
        return row;
    }

private:
    void forget()
    {
        std::ranges::fill(m_count, 0);
        std::ranges::fill(m_experts, 0);
        std::ranges::fill(m_coveredNow, 0);
        m_activeNow = 0;
    }

    void enter(std::uint32_t x)
    {
        if (x >= m_count.size())
            return;
        const std::uint32_t before = m_experts[++m_count[x]]++;
        ++m_activeNow;
        for (std::size_t i = 0; i < m_sizes.size(); ++i)
            m_coveredNow[i] += before < m_sizes[i];
    }
    void leave(std::uint32_t x)
    {
        if (x >= m_count.size())
            return;
        const std::uint32_t after = --m_experts[m_count[x]--];
        --m_activeNow;
        for (std::size_t i = 0; i < m_sizes.size(); ++i)
            m_coveredNow[i] -= after < m_sizes[i];
    }

    std::size_t m_length;
    std::vector<std::size_t> m_sizes;
    std::uint64_t m_windows = 0, m_active = 0; ///< whole windows seen, choices in them
    std::vector<std::uint64_t> m_covered; ///< [size]
    std::uint64_t m_activeNow = 0; ///< of the window at hand, as the following
    std::vector<std::uint64_t> m_coveredNow; ///< [size]
    std::vector<std::uint32_t> m_count; ///< [E] choices of each expert
    std::vector<std::uint32_t> m_experts; ///< [m + 1] experts with at least so many choices
};

/// A site, or all of them as one.
class CoverGroup
{
public:
    CoverGroup(const MetricContext& context, std::span<const SiteIndex> sites)
        : m_sizes(context, sites)
        , m_tokens(*context.shape, sites, static_cast<std::size_t>(std::ranges::max(context.params.numbers("m"))))
    {
        for (const double m : sortedNumbers(context, "m"))
            m_covers.emplace_back(static_cast<std::size_t>(m), m_tokens.numExperts(), m_sizes.distinct());
    }

    void observe(std::span<const Block> blocks)
    {
        for (const SequenceRun& run : blocks.front().runs) {
            m_tokens.feed(blocks, run, m_cursor.continues(blocks.front().site, run),
                [this](const std::uint32_t* row, std::size_t n, std::uint64_t place) {
                    for (Cover& cover : m_covers)
                        cover.take(row, n, place, m_tokens.width());
                });
        }
    }
    void add(const CoverGroup& other)
    {
        for (std::size_t i = 0; i < m_covers.size(); ++i)
            m_covers[i].add(other.m_covers[i]);
    }
    void persist(Archive& archive)
    {
        for (Cover& cover : m_covers)
            cover.persist(archive);
    }
    void rows(std::vector<ResultRow>& rows, std::optional<SiteIndex> site) const
    {
        for (const Cover& cover : m_covers) {
            for (std::size_t i = 0; i < m_sizes.rhos().size(); ++i) {
                ResultRow row = cover.row(m_sizes.place(i));
                row.params["rho"] = m_sizes.rhos()[i];
                row.site = site;
                rows.push_back(std::move(row));
            }
        }
    }

private:
    RunCursor m_cursor;
    CacheSizes m_sizes;
    SlidingTokens<std::uint32_t> m_tokens;
    std::vector<Cover> m_covers; ///< [m]
};

}

MetricSpec schCoverMetric()
{
    return {
        .name = "sch_cover",
        .definition =
            "segment cache best hit rate as first defined: the share of the choices in a window of m tokens that "
            "its rho * k most used experts cover, over all n windows; model: rho * k * sites experts of all",
        .source = "arXiv 2505.16056 v1, SCH; moe-lrc's first commit, 40_sch_calc",
        .crossSite = true,
        .simulateUniform = true,
        .ranges = {{"sch_cover.hit_rate", kNoInterval}},
        .onRequest = true,
        .params = {windowsParameter("4/16/64"), rhoParameter("1/2/3")},
        .make = [](const MetricContext& context) { return std::make_unique<SitesAndModel<CoverGroup>>(context); },
    };
}

}
