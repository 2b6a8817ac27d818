// SPDX-License-Identifier: GPL-3.0-or-later
//
// SCH as the first version of its paper defines it: how much of a window its most used experts cover (metrics 1.2).
#include "analysis/counts/sliding_tokens.h"
#include "analysis/metrics/consistency/consistency.h"
#include "analysis/spine/per_site.h"

#include <algorithm>
#include <array>

namespace expertscope {

namespace {

/// Of up to four cache sizes, side by side in one register.
using FourSizes = std::uint32_t __attribute__((vector_size(16)));
constexpr std::size_t kSizesAtOnce = 4;

/// The sum of the C largest counts is the sum over alpha of min(C, experts with at least alpha choices). Those numbers
/// change by one at a time as the window moves on.
class Cover
{
public:
    Cover(std::size_t m, std::size_t numExperts, std::span<const std::size_t> sizes)
        : m_length(m)
        , m_worth(numExperts + 1)
        , m_count(numExperts)
        , m_experts(m + 1)
    {
        for (std::size_t before = 0; before < m_worth.size(); ++before) {
            for (std::size_t i = 0; i < sizes.size(); ++i)
                m_worth[before][i] = before < sizes[i];
        }
    }

    /// The place-th token of its sequence, with the m rows before it.
    void take(const std::uint32_t* row, std::uint64_t place, std::size_t width)
    {
        if (place == 0)
            forget();
        const std::size_t E = m_count.size();
        std::uint32_t* const count = m_count.data();
        std::uint32_t* const experts = m_experts.data();
        const FourSizes* const worth = m_worth.data();
        FourSizes covered = m_coveredNow;
        std::uint64_t active = m_activeNow;
        if (place >= m_length) {
            const std::uint32_t* const gone = row - m_length * width;
            for (std::size_t r = 0; r < width; ++r) {
                if (gone[r] >= E)
                    continue;
                covered -= worth[--experts[count[gone[r]]--]];
                --active;
            }
        }
        for (std::size_t r = 0; r < width; ++r) {
            if (row[r] >= E)
                continue;
            covered += worth[experts[++count[row[r]]]++];
            ++active;
        }
        m_coveredNow = covered;
        m_activeNow = active;
        if (place + 1 < m_length)
            return;
        ++m_windows;
        m_active += active;
        for (std::size_t i = 0; i < kSizesAtOnce; ++i)
            m_covered[i] += covered[i];
    }

    void add(const Cover& other)
    {
        m_windows += other.m_windows;
        m_active += other.m_active;
        for (std::size_t i = 0; i < kSizesAtOnce; ++i)
            m_covered[i] += other.m_covered[i];
    }

    void persist(Archive& archive) { archive(m_windows, m_active, m_covered); }

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
        m_coveredNow = FourSizes{};
        m_activeNow = 0;
    }

    std::size_t m_length;
    std::vector<FourSizes> m_worth; ///< [experts with so many choices already] whether one more is covered
    std::uint64_t m_windows = 0, m_active = 0; ///< whole windows seen, choices in them
    std::array<std::uint64_t, kSizesAtOnce> m_covered{}; ///< [size]
    std::uint64_t m_activeNow = 0; ///< of the window at hand, as the following
    FourSizes m_coveredNow{}; ///< [size]
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
        const std::span sizes(m_sizes.distinct());
        m_perLength = (sizes.size() + kSizesAtOnce - 1) / kSizesAtOnce;
        for (const double m : sortedNumbers(context, "m")) {
            for (std::size_t i = 0; i < sizes.size(); i += kSizesAtOnce)
                m_covers.emplace_back(static_cast<std::size_t>(m), m_tokens.numExperts(),
                    sizes.subspan(i, std::min(kSizesAtOnce, sizes.size() - i)));
        }
    }

    void observe(std::span<const Block> blocks)
    {
        for (const SequenceRun& run : blocks.front().runs) {
            m_tokens.feed(blocks, run, m_cursor.continues(blocks.front().site, run),
                [this](const std::uint32_t* row, std::size_t n, std::uint64_t place) {
                    // Window lengths in turn: each update of one waits for that before it.
                    const std::size_t width = m_tokens.width();
                    for (const std::uint32_t* const end = row + n * width; row != end; row += width, ++place) {
                        for (Cover& cover : m_covers)
                            cover.take(row, place, width);
                    }
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
        for (std::size_t first = 0; first < m_covers.size(); first += m_perLength) {
            for (std::size_t i = 0; i < m_sizes.rhos().size(); ++i) {
                const std::size_t size = m_sizes.place(i);
                ResultRow row = m_covers[first + size / kSizesAtOnce].row(size % kSizesAtOnce);
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
    std::size_t m_perLength = 1; ///< covers
    std::vector<Cover> m_covers; ///< [m][four sizes]
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
        .cost = 16,
        .params = {windowsParameter("4/16/64"), rhoParameter("1/2/3")},
        .make = [](const MetricContext& context) { return std::make_unique<SitesAndModel<CoverGroup>>(context); },
    };
}

}
