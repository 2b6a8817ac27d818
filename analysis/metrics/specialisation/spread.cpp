// SPDX-License-Identifier: GPL-3.0-or-later
//
// OpenMoE's context-independent specialisation (metrics 4): how spiky the load is that one token id, or one position,
// puts on the experts: the SD over experts of its share vector.
#include "analysis/chance/chance_value.h"
#include "analysis/counts/token_counts.h"
#include "analysis/spine/fixed_sum.h"
#include "analysis/spine/per_site.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

namespace expertscope {

namespace {

constexpr std::size_t kBins = 32;

/// Lengths of the selected sequences say which positions can matter at all.
struct Positions
{
    Positions(const MetricContext& context, std::uint64_t leastOccurrences)
    {
        std::vector<std::uint32_t> lengths;
        for (const SequenceIndex s : context.selection->sequences)
            lengths.push_back(context.shape->sequences[std::size_t(s)].length);
        std::ranges::sort(lengths, std::greater());
        longest = lengths.empty() ? 0 : lengths.front();
        if (leastOccurrences <= lengths.size()) // a position occurs as often as sequences are longer
            frequent = lengths[std::size_t(leastOccurrences - 1)];
    }

    std::uint32_t longest = 0;
    std::uint32_t frequent = 0; ///< positions from here on cannot occur so often
};

/// The SD over experts of the shares of n tokens that choose k of E by chance: the loads are nearly normal, with variance
/// n a (1 - a), and add up to n k. Of tokens that choose differently k is the mean.
ChanceValue chanceSpread(unsigned E, double k, double n)
{
    if (E < 2)
        return {};
    const double a = k / E, degrees = E - 1.0;
    const double mean = std::sqrt(2 / degrees) * std::exp(std::lgamma(E / 2.0) - std::lgamma(degrees / 2));
    const double sd = std::sqrt(std::max(0.0, a * (1 - a)) / n) / k;
    return {mean * sd, std::sqrt(std::max(0.0, 1 - mean * mean)) * sd};
}

double deviationOfShares(std::span<const std::uint32_t> counts)
{
    double all = 0, squares = 0;
    for (const std::uint32_t count : counts)
        all += count;
    const double mean = 1 / double(counts.size());
    for (const std::uint32_t count : counts)
        squares += (count / all - mean) * (count / all - mean);
    return std::sqrt(squares * mean);
}

/// Positions that can occur often enough have a row of counters each: at most T / (n_min + 1) of them. The choices of
/// the rest are kept by bin.
class SpreadState
{
public:
    SpreadState(const MetricContext& context, SiteIndex site)
        : m_numExperts(context.shape->sites[std::size_t(site)].numExperts)
        , m_valuesOnly(context.valuesOnly)
        , m_least(static_cast<std::uint64_t>(context.params.number("n_min")) + 1)
        , m_positions(context, m_least)
        , m_tokens(m_numExperts)
        , m_occurrences(m_positions.frequent)
        , m_counts(std::size_t(m_positions.frequent) * m_numExperts)
        , m_bins(kBins * m_numExperts)
    {
    }

    void observe(const Block& block)
    {
        for (const SequenceRun& run : block.runs) {
            m_tokens.add(block, run.begin, run.length, block.tokenIds.data() + run.begin, 0);
            const std::uint32_t rare =
                std::clamp(m_positions.frequent, run.position, run.position + run.length) - run.position;
            countPositions(block, run, 0, rare, [&](std::uint32_t position, unsigned filled) {
                m_occurrences[position] += filled != 0;
                return &m_counts[std::size_t(position) * m_numExperts];
            });
            countPositions(block, run, rare, run.length,
                [&](std::uint32_t position, unsigned) { return &m_bins[binOf(position) * m_numExperts]; });
        }
    }

    void add(const SpreadState& other)
    {
        m_tokens.add(other.m_tokens);
        for (std::size_t i = 0; i < m_occurrences.size(); ++i)
            m_occurrences[i] += other.m_occurrences[i];
        for (std::size_t i = 0; i < m_counts.size(); ++i)
            m_counts[i] += other.m_counts[i];
        for (std::size_t i = 0; i < m_bins.size(); ++i)
            m_bins[i] += other.m_bins[i];
    }

    void persist(Archive& archive)
    {
        archive(m_tokens);
        archive.fixed(m_occurrences);
        archive.fixed(m_counts);
        archive.fixed(m_bins);
    }

    void rows(std::vector<ResultRow>& rows) const
    {
        Mean ids, positions;
        m_tokens.forEach(m_least, [&](std::uint64_t n, auto counts) { ids.add(counts, n, !m_valuesOnly); });
        for (std::size_t p = 0; p < m_occurrences.size(); ++p) {
            if (m_occurrences[p] >= m_least)
                positions.add(std::span(m_counts).subspan(p * m_numExperts, m_numExperts), m_occurrences[p], !m_valuesOnly);
        }
        rows.push_back(ids.row("spread.token_id", "no token id occurs so often"));
        if (m_tokens.overflowed()) {
            rows.back().value.reset();
            rows.back().undefined = "an id occurs more often than can be counted";
        }
        rows.push_back(positions.row("spread.position", "no position occurs so often"));
        for (ResultRow& row : rows)
            row.params["n_min"] = double(m_least - 1);
    }

    void matrices(std::vector<ResultMatrix>& matrices) const
    {
        std::vector<std::uint64_t> bins = m_bins;
        for (std::size_t p = 0; p < m_occurrences.size(); ++p) {
            for (std::size_t e = 0; e < m_numExperts; ++e)
                bins[binOf(p) * m_numExperts + e] += m_counts[p * m_numExperts + e];
        }
        ResultMatrix matrix;
        matrix.metric = "spread.by_position";
        matrix.params["n_min"] = double(m_least - 1);
        matrix.axes = {expertAxis("position_bin", kBins), expertAxis("expert", m_numExperts)};
        matrix.uniform = 1.0 / m_numExperts;
        for (std::size_t b = 0; b < kBins; ++b) {
            const auto counts = std::span(bins).subspan(b * m_numExperts, m_numExperts);
            std::uint64_t all = 0;
            for (const std::uint64_t count : counts)
                all += count;
            for (const std::uint64_t count : counts)
                matrix.values.push_back(all ? double(count) / double(all) : std::numeric_limits<double>::quiet_NaN());
            matrix.n += all;
        }
        matrices.push_back(std::move(matrix));
    }

private:
    /// Over ids or positions.
    struct Mean
    {
        FixedSum values, uniform, variance;

        void add(std::span<const std::uint32_t> counts, std::uint64_t n, bool withUniform)
        {
            if (!values.add(deviationOfShares(counts)) || !withUniform)
                return; // counters of a damaged state: all 0
            const double choices = std::accumulate(counts.begin(), counts.end(), 0.0);
            const ChanceValue chance = chanceSpread(static_cast<unsigned>(counts.size()), choices / double(n), double(n));
            uniform.add(chance.mean);
            variance.add(chance.sd * chance.sd);
        }
        ResultRow row(const char* metric, const char* none) const
        {
            ResultRow row;
            row.metric = metric;
            row.n = values.n();
            if (row.n == 0) {
                row.undefined = none;
                return row;
            }
            row.value = values.mean();
            if (uniform.n())
                setUniform(row, {uniform.mean(), std::sqrt(variance.sum()) / double(row.n)});
            return row;
        }
    };

    std::size_t binOf(std::uint64_t position) const { return std::size_t(position * kBins / m_positions.longest); }

    /// Tokens from, from + 1, … of a run; `rowOf(position, choices)` says where a token's choices are counted.
    template <class RowOf>
    void countPositions(
        const Block& block, const SequenceRun& run, std::uint32_t from, std::uint32_t to, const RowOf& rowOf)
    {
        const std::size_t stride = block.numSlots;
        const std::uint16_t* token = block.expertIds.data() + (std::size_t(run.begin) + from) * stride;
        for (std::uint32_t t = from; t < to; ++t, token += stride) {
            if (block.evenSlots) {
                auto* const counts = rowOf(run.position + t, block.evenSlots);
                for (unsigned r = 0; r < block.evenSlots; ++r)
                    ++counts[token[r]];
                continue;
            }
            const auto filled = static_cast<unsigned>(
                std::count_if(token, token + stride, [&](std::uint16_t id) { return id < m_numExperts; }));
            auto* const counts = rowOf(run.position + t, filled);
            for (std::size_t r = 0; r < stride; ++r) {
                if (token[r] < m_numExperts)
                    ++counts[token[r]];
            }
        }
    }

    std::uint16_t m_numExperts;
    bool m_valuesOnly; ///< nobody looks at what chance gives
    std::uint64_t m_least; ///< occurrences
    Positions m_positions;
    TokenCounts m_tokens;
    std::vector<std::uint32_t> m_occurrences; ///< [positions]: not more than there are sequences
    std::vector<std::uint32_t> m_counts; ///< [positions, E]
    std::vector<std::uint64_t> m_bins; ///< [kBins, E]
};

}

MetricSpec spreadMetric()
{
    return {
        .name = "spread",
        .definition =
            "SD over experts of the shares of the choices made by one token id, and at one position, mean over "
            "ids and positions with more than n_min occurrences (n); by_position: shares in 32 bins of the "
            "longest sequence",
        .source = "OpenMoE (arXiv 2402.01739) appendix E: n_min 128",
        .needs = {{.tokenIds = true}},
        .params = {{"n_min", "128", "occurrences that an id or a position must exceed", ParameterSpec::Kind::Number, 0,
            1e9, true}},
        .make =
            [](const MetricContext& context) {
                return std::make_unique<PerSiteAccumulator<SpreadState>>(context, true);
            },
    };
}

}
