// SPDX-License-Identifier: GPL-3.0-or-later
//
// How fast a text touches all experts, and how hot the hottest is by then: whether a set of hot experts is worth
// keeping (llama.cpp #28544).
#include "analysis/chance/balance_chance.h"
#include "analysis/chance/chance_value.h"
#include "analysis/counts/set_sizes.h"
#include "analysis/metrics/consistency/consistency.h"
#include "analysis/metrics/consistency/misses.h"
#include "analysis/spine/fixed_sum.h"
#include "analysis/spine/per_site.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace expertscope {

namespace {

constexpr const char* kTouched = "hot_set.touched";
constexpr const char* kHottest = "hot_set.hottest";

/// Disjoint windows of one length; one at a sequence's end that is not full does not count.
struct HotWindows
{
    std::uint32_t length = 1;
    bool ofShorter = false; ///< made of whole windows of the length before it, else of tokens
    std::uint64_t windows = 0, touched = 0; ///< full ones, and the experts met in all of them together
    FixedSum hottest; ///< largest load over the mean, of windows with a choice
    FixedSum expected, variance; ///< of the share that is touched, by chance
    SetSizes sizes; ///< of the tokens of full windows

    // Of the window at hand:
    std::uint32_t tokens = 0;
    std::vector<std::uint32_t> counts; ///< [E] its choices
    SetSizes ownSizes;
    std::int64_t missesOne = 0, missesTwo = 0; ///< of its tokens
};

class HotSetState
{
public:
    HotSetState(const MetricContext& context, SiteIndex site)
        : m_site(site)
        , m_numExperts(context.shape->sites[std::size_t(site)].numExperts)
        , m_valuesOnly(context.valuesOnly)
        , m_misses(m_numExperts)
    {
        for (const double length : sortedNumbers(context, "window")) {
            m_windows.emplace_back().length = static_cast<std::uint32_t>(length);
            m_windows.back().counts.resize(m_numExperts);
            if (m_windows.size() > 1)
                m_windows.back().ofShorter = m_windows.back().length % m_windows.end()[-2].length == 0;
        }
    }

    void observe(const Block& block, ChoiceBits& bits)
    {
        for (const SequenceRun& run : block.runs) {
            const bool goesOn = m_cursor.continues(m_site, run);
            for (HotWindows& windows : m_windows) {
                if (!goesOn)
                    start(windows);
            }
            for (std::size_t i = 0; i < m_windows.size(); ++i) {
                for (std::size_t t = run.begin; !m_windows[i].ofShorter && t < std::size_t(run.begin) + run.length; ++t)
                    take(i, bits.set(t), bits.words());
            }
        }
    }

    void add(const HotSetState& other)
    {
        for (std::size_t i = 0; i < m_windows.size(); ++i) {
            HotWindows& mine = m_windows[i];
            const HotWindows& its = other.m_windows[i];
            mine.windows += its.windows;
            mine.touched += its.touched;
            mine.hottest.add(its.hottest);
            mine.expected.add(its.expected);
            mine.variance.add(its.variance);
            mine.sizes.add(its.sizes);
        }
    }

    void persist(Archive& archive)
    {
        for (HotWindows& w : m_windows)
            archive(w.windows, w.touched, w.hottest, w.expected, w.variance, w.sizes);
    }

    void rows(std::vector<ResultRow>& rows) const
    {
        for (const HotWindows& w : m_windows) {
            const auto add = [&](const char* name, std::uint64_t n, const char* why) -> ResultRow& {
                ResultRow& row = rows.emplace_back();
                row.metric = name;
                row.params["window"] = double(w.length);
                row.n = n;
                if (n == 0)
                    row.undefined = why;
                return row;
            };
            constexpr const char* kShort = "no sequence has a window of so many tokens";
            if (ResultRow& row = add(kTouched, w.windows, kShort); row.n) {
                row.value = double(w.touched) / double(w.windows) / m_numExperts;
                setUniform(row, {w.expected.mean(), std::sqrt(w.variance.sum()) / double(w.windows)});
            }
            if (ResultRow& row = add(kHottest, w.hottest.n(), w.windows ? kNoTokens : kShort); row.n) {
                row.value = w.hottest.mean();
                const bool all = w.sizes.tokens() == w.windows * w.length; // have a choice
                const std::uint64_t k = all ? w.sizes.even() : 0;
                if (k == 0)
                    row.uniformUndefined = "tokens choose differently many experts: no closed form";
                else if (!m_valuesOnly) {
                    const ChanceValue vio = uniformMaxVio(m_numExperts, double(k), w.length);
                    setUniform(row, {1 + vio.mean, vio.sd / std::sqrt(double(row.n))});
                }
            }
        }
    }

private:
    static void start(HotWindows& windows)
    {
        windows.tokens = 0;
        windows.missesOne = windows.missesTwo = 0;
        windows.ownSizes = {};
        std::ranges::fill(windows.counts, 0);
    }

    void take(std::size_t i, const std::uint64_t* set, unsigned words)
    {
        HotWindows& windows = m_windows[i];
        std::uint32_t size = 0;
        for (unsigned w = 0; w < words; ++w) {
            for (std::uint64_t rest = set[w]; rest; rest &= rest - 1, ++size)
                ++windows.counts[w * 64 + unsigned(std::countr_zero(rest))];
        }
        windows.ownSizes.note(size);
        Misses::add(windows.missesOne, m_misses.one(size), 1);
        Misses::add(windows.missesTwo, m_misses.two(size), 1);
        if (++windows.tokens == windows.length)
            finish(i);
    }

    /// Counts a full window, hands it on to the longer ones that are made of such, and begins the next.
    void finish(std::size_t i)
    {
        HotWindows& windows = m_windows[i];
        ++windows.windows;
        const double E = m_numExperts;
        windows.sizes.add(windows.ownSizes);
        for (const std::uint32_t count : windows.counts)
            windows.touched += count > 0;
        if (const std::uint64_t choices = windows.ownSizes.choices())
            windows.hottest.add(double(*std::ranges::max_element(windows.counts)) * E / double(choices));
        const double one = Misses::probability(windows.missesOne), two = Misses::probability(windows.missesTwo);
        windows.expected.add(1 - one);
        windows.variance.add(std::max(0.0, one * (1 - one) / E + (E - 1) / E * (two - one * one)));
        if (i + 1 < m_windows.size() && m_windows[i + 1].ofShorter) {
            HotWindows& longer = m_windows[i + 1];
            for (std::size_t e = 0; e < longer.counts.size(); ++e)
                longer.counts[e] += windows.counts[e];
            longer.ownSizes.add(windows.ownSizes);
            Misses::add(longer.missesOne, windows.missesOne, 1);
            Misses::add(longer.missesTwo, windows.missesTwo, 1);
            longer.tokens += windows.tokens;
            if (longer.tokens == longer.length)
                finish(i + 1);
        }
        start(windows);
    }

    SiteIndex m_site;
    unsigned m_numExperts;
    bool m_valuesOnly;
    Misses m_misses;
    RunCursor m_cursor;
    std::vector<HotWindows> m_windows; ///< ascending
};

}

MetricSpec hotSetMetric()
{
    return {
        .name = "hot_set",
        .definition =
            "share of the experts that a window of so many tokens touches, and the load of its hottest expert "
            "over the mean; disjoint whole windows from each sequence's start, n of them",
        .source = "hot-set feasibility, llama.cpp #28544 (98.6 % within 1,300 tokens, hottest 2.5)",
        .ranges = {{kTouched, kShare}, {kHottest, kNotNegative}},
        .params = {{.name = "window",
            .standard = "16/64/256/1024",
            .meaning = "tokens a window",
            .kind = ParameterSpec::Kind::Numbers,
            .least = 1,
            .most = 1e9,
            .whole = true}},
        .make =
            [](const MetricContext& context) {
                return std::make_unique<PerSiteAccumulator<HotSetState>>(context, true);
            },
    };
}

}
