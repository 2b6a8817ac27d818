// SPDX-License-Identifier: GPL-3.0-or-later
//
// How routing settles from checkpoint to checkpoint (metrics 3.1, 8): the same tokens in several traces, the last of
// them the final one.
#include "analysis/counts/probabilities.h"
#include "analysis/metrics/checkpoints/series_accumulator.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

/// Tokens that two traces route, and those of them that have what is counted.
struct Share
{
    std::uint64_t tokens = 0, having = 0;

    void add(const Share& other)
    {
        tokens += other.tokens;
        having += other.having;
    }
    void persist(Archive& archive) { archive(tokens, having); }
};

ResultRow shareRow(const char* metric, std::map<std::string, std::string> other, const Share& share, double uniform)
{
    ResultRow row;
    row.metric = metric;
    row.other = std::move(other);
    row.n = share.tokens;
    if (share.tokens) {
        row.value = double(share.having) / double(share.tokens);
        row.uniform = uniform;
    } else {
        row.undefined = "no tokens with a choice in the traces compared";
    }
    return row;
}

/// Tokens whose first choice is the same, or not, in two blocks.
void compareFirst(const Block& a, const Block& b, bool wanted, Share& share)
{
    std::uint64_t tokens = 0, having = 0; // locals stay in registers
    forEachToken(a, [&](std::size_t t) {
        const std::uint16_t x = *idsOf(a, t), y = *idsOf(b, t);
        const bool both = x != kNoExpert && y != kNoExpert;
        tokens += both;
        having += both && (x == y) == wanted;
    });
    share.tokens += tokens;
    share.having += having;
}

class SaturationState
{
public:
    SaturationState(const MetricContext& context, SiteIndex site)
        : m_names(context.series)
        , m_numExperts(context.shape->sites[std::size_t(site)].numExperts)
        , m_sizes(std::size_t(context.shape->numSlots) + 1)
        , m_tokens(m_names.size() * m_sizes)
        , m_shared(m_tokens.size())
        , m_chosen(m_names.size())
        , m_first(m_names.size())
        , m_inFinal(m_numExperts)
        , m_inTrace(m_numExperts)
    {
    }

    void observe(const Traces& traces)
    {
        const Block& final = *traces.back();
        for (std::size_t c = 0; c + 1 < traces.size(); ++c)
            compareFirst(*traces[c], final, true, m_first[c]);
        forEachToken(final, [&](std::size_t t) {
            const std::uint64_t now = ++m_stamp;
            std::size_t size = 0;
            mark(final, t, m_inFinal, now, [&](std::uint16_t) { ++size; });
            for (std::size_t c = 0; c + 1 < traces.size() && size; ++c)
                compare(*traces[c], t, c, size, now);
        });
    }

    void add(const SaturationState& other)
    {
        for (std::size_t i = 0; i < m_tokens.size(); ++i) {
            m_tokens[i] += other.m_tokens[i];
            m_shared[i] += other.m_shared[i];
        }
        for (std::size_t c = 0; c < m_first.size(); ++c) {
            m_chosen[c] += other.m_chosen[c];
            m_first[c].add(other.m_first[c]);
        }
    }

    void persist(Archive& archive)
    {
        archive.fixed(m_tokens);
        archive.fixed(m_shared);
        archive.fixed(m_chosen);
        archive.fixed(m_first);
    }

    void rows(std::vector<ResultRow>& rows) const
    {
        for (std::size_t c = 0; c + 1 < m_names.size(); ++c) {
            std::uint64_t tokens = 0;
            double shared = 0;
            for (std::size_t size = 1; size < m_sizes; ++size) {
                tokens += m_tokens[c * m_sizes + size];
                shared += double(m_shared[c * m_sizes + size]) / double(size);
            }
            const std::map<std::string, std::string> trace{{"trace", m_names[c]}};
            rows.push_back(
                shareRow("saturation.top_k", trace, {tokens, 0}, double(m_chosen[c]) / double(tokens) / m_numExperts));
            if (tokens)
                rows.back().value = shared / double(tokens);
            rows.push_back(shareRow("saturation.top_1", trace, m_first[c], 1.0 / m_numExperts));
        }
    }

private:
    /// Stamps the experts of a token; calls fresh(id) for each different one.
    template <class Fresh>
    static void mark(
        const Block& block, std::size_t token, std::vector<std::uint64_t>& stamps, std::uint64_t now, Fresh fresh)
    {
        const std::uint16_t* const ids = idsOf(block, token);
        for (std::size_t r = 0; r < block.numSlots; ++r) {
            if (ids[r] == kNoExpert || stamps[ids[r]] == now)
                continue;
            stamps[ids[r]] = now;
            fresh(ids[r]);
        }
    }

    void compare(const Block& block, std::size_t token, std::size_t c, std::size_t finalSize, std::uint64_t final)
    {
        std::size_t size = 0, shared = 0;
        mark(block, token, m_inTrace, ++m_stamp, [&](std::uint16_t id) {
            shared += m_inFinal[id] == final;
            ++size;
        });
        if (size == 0)
            return;
        ++m_tokens[c * m_sizes + finalSize];
        m_shared[c * m_sizes + finalSize] += shared;
        m_chosen[c] += size;
    }

    std::vector<std::string> m_names;
    std::uint16_t m_numExperts;
    std::size_t m_sizes; ///< of sets of choices: 0 to the number of slots
    std::vector<std::uint64_t> m_tokens; ///< [C, sizes] by the size of the final set
    std::vector<std::uint64_t> m_shared; ///< [C, sizes] choices shared with it
    std::vector<std::uint64_t> m_chosen; ///< [C] choices of these tokens in the trace
    std::vector<Share> m_first; ///< [C] the same first choice
    std::uint64_t m_stamp = 0;
    std::vector<std::uint64_t> m_inFinal, m_inTrace; ///< [E] stamp of the last token that chose the expert
};

class FlipRateState
{
public:
    FlipRateState(const MetricContext& context, SiteIndex site)
        : m_names(context.series)
        , m_numExperts(context.shape->sites[std::size_t(site)].numExperts)
        , m_flips(m_names.size() - 1)
    {
    }

    void observe(const Traces& traces)
    {
        for (std::size_t c = 0; c < m_flips.size(); ++c)
            compareFirst(*traces[c], *traces[c + 1], false, m_flips[c]);
    }
    void add(const FlipRateState& other)
    {
        for (std::size_t c = 0; c < m_flips.size(); ++c)
            m_flips[c].add(other.m_flips[c]);
    }
    void persist(Archive& archive) { archive.fixed(m_flips); }

    void rows(std::vector<ResultRow>& rows) const
    {
        for (std::size_t c = 0; c < m_flips.size(); ++c)
            rows.push_back(shareRow(
                "flip_rate.top_1", {{"from", m_names[c]}, {"to", m_names[c + 1]}}, m_flips[c], 1 - 1.0 / m_numExperts));
    }

private:
    std::vector<std::string> m_names;
    std::uint16_t m_numExperts;
    std::vector<Share> m_flips; ///< [C - 1]
};

class FluctuationState
{
public:
    FluctuationState(const MetricContext& context, SiteIndex site)
        : m_names(context.series)
        , m_numExperts(context.shape->sites[std::size_t(site)].numExperts)
        , m_lastStep(m_names.size())
    {
    }

    void observe(const Traces& traces)
    {
        forEachToken(*traces.back(), [&](std::size_t t) {
            const std::uint16_t final = *idsOf(*traces.back(), t);
            if (final == kNoExpert)
                return;
            std::size_t step = 0;
            for (std::size_t c = 0; c + 1 < traces.size(); ++c) {
                const std::uint16_t id = *idsOf(*traces[c], t);
                if (id == kNoExpert)
                    return;
                step = id != final ? c + 1 : step;
            }
            ++m_lastStep[step];
        });
    }
    void add(const FluctuationState& other)
    {
        for (std::size_t c = 0; c < m_lastStep.size(); ++c)
            m_lastStep[c] += other.m_lastStep[c];
    }
    void persist(Archive& archive) { archive.fixed(m_lastStep); }

    void rows(std::vector<ResultRow>& rows) const
    {
        const std::size_t C = m_names.size();
        std::uint64_t tokens = 0, steps = 0;
        double byChance = 0; // that step c is the last one
        for (std::size_t c = 0; c < C; ++c) {
            tokens += m_lastStep[c];
            steps += c * m_lastStep[c];
            byChance += double(c) * (1 - 1.0 / m_numExperts) * std::pow(1.0 / m_numExperts, double(C - 1 - c));
        }
        std::uint64_t before = m_lastStep[0];
        for (std::size_t c = 0; c + 1 < C; ++c) {
            rows.push_back(shareRow("fluctuation.share_from", {{"trace", m_names[c]}}, {tokens, tokens - before},
                1 - std::pow(1.0 / m_numExperts, double(C - 1 - c))));
            before += m_lastStep[c + 1];
        }
        rows.push_back(shareRow("fluctuation.mean_step", {}, {tokens, steps}, byChance / double(C)));
        if (tokens)
            *rows.back().value /= double(C);
    }

private:
    std::vector<std::string> m_names;
    std::uint16_t m_numExperts;
    std::vector<std::uint64_t> m_lastStep; ///< [C] tokens by the last trace (counted from 1) that differs, 0: none
};

template <class State> auto makeSeries()
{
    return [](const MetricContext& context) { return std::make_unique<SeriesAccumulator<State>>(context); };
}

}

MetricSpec saturationMetric()
{
    return {
        .name = "saturation",
        .definition = "share of the final trace's choices that an earlier one makes already, mean over tokens: of all "
                      "choices, |S n S_final| / |S_final|, and of the first; n = tokens",
        .source = "OLMoE, arXiv 2409.02060, section 5: router saturation",
        .minTraces = 2,
        .crossSite = true,
        .make = makeSeries<SaturationState>(),
    };
}

MetricSpec flipRateMetric()
{
    return {
        .name = "flip_rate",
        .definition = "share of the tokens whose first choice changes from one trace to the next; n = tokens",
        .source = "1 - agreement of the top-1 expert",
        .minTraces = 2,
        .crossSite = true,
        .make = makeSeries<FlipRateState>(),
    };
}

MetricSpec fluctuationMetric()
{
    return {
        .name = "fluctuation",
        .definition =
            "last trace whose first choice differs from the final one's: share of the tokens that differ at a "
            "trace or a later one; mean place of that last trace (first = 1, none = 0) over the number of "
            "traces; n = tokens",
        .source = "StableMoE, arXiv 2204.08396: last fluctuation step",
        .minTraces = 3,
        .crossSite = true,
        .make = makeSeries<FluctuationState>(),
    };
}

}
