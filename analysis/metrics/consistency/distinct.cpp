// SPDX-License-Identifier: GPL-3.0-or-later
//
// How many experts a stretch of text needs (metrics 1.5).
#include "analysis/chance/chance_value.h"
#include "analysis/metrics/consistency/consistency.h"
#include "analysis/metrics/consistency/misses.h"
#include "analysis/spine/fixed_sum.h"
#include "analysis/spine/per_site.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

/// Disjoint windows of one length; one at a sequence's end that is not full does not count.
struct DisjointWindows
{
    std::uint32_t length = 1;
    std::uint64_t windows = 0, experts = 0; ///< full ones, and the distinct experts of all of them together
    FixedSum expected, variance; ///< the number of distinct experts by chance, over windows

    std::uint32_t tokens = 0; ///< of the window at hand
    std::vector<std::uint64_t> found; ///< its experts, a bit each
    std::int64_t missesOne = 0, missesTwo = 0; ///< of its tokens
};

class DistinctState
{
public:
    DistinctState(const MetricContext& context, SiteIndex site)
        : m_site(site)
        , m_numExperts(context.shape->sites[std::size_t(site)].numExperts)
        , m_misses(m_numExperts)
    {
        for (const double length : sortedNumbers(context, "window")) {
            m_windows.emplace_back().length = static_cast<std::uint32_t>(length);
            m_windows.back().found.resize((m_numExperts + 63u) / 64u);
        }
    }

    void observe(const Block& block, ChoiceBits& bits)
    {
        for (const SequenceRun& run : block.runs) {
            const bool goesOn = m_cursor.continues(m_site, run);
            for (DisjointWindows& windows : m_windows) {
                if (!goesOn)
                    start(windows);
                observe(windows, bits.set(run.begin), bits.words(), run.length, bits.plain() ? block.evenSlots : 0);
            }
        }
    }

    void add(const DistinctState& other)
    {
        for (std::size_t i = 0; i < m_windows.size(); ++i) {
            m_windows[i].windows += other.m_windows[i].windows;
            m_windows[i].experts += other.m_windows[i].experts;
            m_windows[i].expected.add(other.m_windows[i].expected);
            m_windows[i].variance.add(other.m_windows[i].variance);
        }
    }

    void persist(Archive& archive)
    {
        for (DisjointWindows& windows : m_windows)
            archive(windows.windows, windows.experts, windows.expected, windows.variance);
    }

    void rows(std::vector<ResultRow>& rows) const
    {
        for (const DisjointWindows& windows : m_windows) {
            ResultRow& row = rows.emplace_back();
            row.metric = "distinct.experts";
            row.params["window"] = double(windows.length);
            row.n = windows.windows;
            if (windows.windows == 0) {
                row.undefined = "no sequence has a window of so many tokens";
                continue;
            }
            row.value = double(windows.experts) / double(windows.windows);
            setUniform(row, {windows.expected.mean(), std::sqrt(windows.variance.sum()) / double(windows.windows)});
        }
    }

private:
    static void start(DisjointWindows& windows)
    {
        windows.tokens = 0;
        windows.missesOne = windows.missesTwo = 0;
        std::ranges::fill(windows.found, 0);
    }

    /// `even`: size of all sets, 0 when they may differ.
    void observe(DisjointWindows& windows, const std::uint64_t* set, unsigned words, std::uint32_t length,
        unsigned even) const
    {
        while (length > 0) {
            const std::uint32_t n = std::min(length, windows.length - windows.tokens);
            for (unsigned w = 0; w < words; ++w) {
                std::uint64_t found = windows.found[w];
                for (std::uint32_t t = 0; t < n; ++t)
                    found |= set[std::size_t(t) * words + w];
                windows.found[w] = found;
            }
            const auto choose = [&](std::size_t size, std::uint32_t tokens) {
                Misses::add(windows.missesOne, m_misses.one(size), tokens);
                Misses::add(windows.missesTwo, m_misses.two(size), tokens);
            };
            if (even)
                choose(even, n);
            for (std::uint32_t t = 0; t < n && !even; ++t)
                choose(sizeOfSet(set + std::size_t(t) * words, words), 1);
            set += std::size_t(n) * words;
            length -= n;
            windows.tokens += n;
            if (windows.tokens == windows.length)
                finish(windows, words);
        }
    }

    void finish(DisjointWindows& windows, unsigned words) const
    {
        ++windows.windows;
        windows.experts += sizeOfSet(windows.found.data(), words);
        const double E = m_numExperts, one = Misses::probability(windows.missesOne);
        windows.expected.add(E * (1 - one));
        windows.variance.add(
            std::max(0.0, E * one * (1 - one) + E * (E - 1) * (Misses::probability(windows.missesTwo) - one * one)));
        start(windows);
    }

    SiteIndex m_site;
    std::uint16_t m_numExperts;
    Misses m_misses;
    RunCursor m_cursor;
    std::vector<DisjointWindows> m_windows;
};

}

MetricSpec distinctMetric()
{
    return {
        .name = "distinct",
        .definition = "mean number of distinct experts that a window of so many tokens chooses; disjoint whole windows "
                      "from each sequence's start, n of them",
        .source = "expected under uniform routing: E (1 - product of (1 - choices / E)), of k choices E (1 - (1 - k/E)^n)",
        .params = {{.name = "window",
            .standard = "16",
            .meaning = "tokens a window",
            .kind = ParameterSpec::Kind::Numbers,
            .least = 1,
            .most = 1e9,
            .whole = true}},
        .make =
            [](const MetricContext& context) {
                return std::make_unique<PerSiteAccumulator<DistinctState>>(context, true);
            },
    };
}

}
