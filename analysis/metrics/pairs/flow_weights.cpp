// SPDX-License-Identifier: GPL-3.0-or-later
//
// Flow between the experts of two sites by routing weights: what the metric "flow" counts, a token's pairs weighted by
// the product of their weights, which add up to 1. Some 3 ns a pair of choices, token and pair of sites; 24 bytes a
// cell.
#include "analysis/counts/choice_sets.h"
#include "analysis/metrics/pairs/site_pairs.h"
#include "analysis/spine/fixed_sum.h"

#include <cmath>
#include <limits>
#include <numbers>

namespace expertscope {

namespace {

constexpr const char* kWeightsExcess = "flow_weights.excess";
constexpr const char* kWeightsFloor = "flow_weights.floor";

/// An expert's share of a token's weights.
struct WeightShare
{
    std::uint16_t expert = 0;
    double share = 0;
};

/// Those of one token; empty: it has no weights to share.
void assignShares(const Block& block, std::size_t token, std::vector<WeightShare>& shares)
{
    shares.clear();
    double sum = 0;
    for (std::size_t at = token * block.numSlots; at < (token + 1) * block.numSlots; ++at) {
        const std::uint16_t expert = block.expertIds[at];
        const double weight = block.weights[at];
        if (expert >= block.numExperts || !std::isfinite(weight)
            || std::ranges::find(shares, expert, &WeightShare::expert) != shares.end())
            continue;
        shares.push_back({expert, weight});
        sum += weight;
    }
    if (!(sum > 0))
        shares.clear();
    for (WeightShare& share : shares)
        share.share /= sum;
}

/// Of the experts of a site.
struct WeightSums
{
    std::vector<FixedSum> sums, squares;

    explicit WeightSums(unsigned E)
        : sums(E)
        , squares(E)
    {
    }
    void take(const WeightShare& share)
    {
        sums[share.expert].add(share.share);
        squares[share.expert].add(share.share * share.share);
    }
    void add(const WeightSums& other)
    {
        for (std::size_t e = 0; e < sums.size(); ++e) {
            sums[e].add(other.sums[e]);
            squares[e].add(other.squares[e]);
        }
    }
    void persist(Archive& archive)
    {
        archive.fixed(sums);
        archive.fixed(squares);
    }
    /// Sum over n tokens of (share - mean)^2.
    double scatter(std::size_t e, double n) const
    {
        const double sum = sums[e].sum();
        return std::max(0.0, squares[e].sum() - sum * sum / n);
    }
};

class FlowWeightsState
{
public:
    FlowWeightsState(const MetricContext&, const Site& from, const Site& to)
        : m_from(from.numExperts)
        , m_to(to.numExperts)
        , m_cells(std::size_t(from.numExperts) * to.numExperts)
    {
    }

    void observe(const BlockWithBits& from, const BlockWithBits& to)
    {
        const std::size_t B = m_to.sums.size();
        for (const SequenceRun& run : from.block.runs) {
            for (std::size_t t = run.begin; t < std::size_t(run.begin) + run.length; ++t) {
                assignShares(from.block, t, m_sources);
                assignShares(to.block, t, m_targets);
                if (m_sources.empty() || m_targets.empty())
                    continue;
                ++m_tokens;
                for (const WeightShare& target : m_targets)
                    m_to.take(target);
                for (const WeightShare& source : m_sources) {
                    m_from.take(source);
                    for (const WeightShare& target : m_targets)
                        m_cells[source.expert * B + target.expert].add(source.share * target.share);
                }
            }
        }
    }

    void add(const FlowWeightsState& other)
    {
        m_tokens += other.m_tokens;
        m_from.add(other.m_from);
        m_to.add(other.m_to);
        for (std::size_t i = 0; i < m_cells.size(); ++i)
            m_cells[i].add(other.m_cells[i]);
    }

    void persist(Archive& archive)
    {
        archive(m_tokens, m_from, m_to);
        archive.fixed(m_cells);
    }

    void rows(std::vector<ResultRow>& rows) const
    {
        const double n = double(m_tokens);
        double deviation = 0, byChance = 0;
        forEachCell([&](std::size_t i, std::size_t j) {
            deviation += std::abs(sum(i, j) - expected(i, j));
            byChance += sd(i, j) * std::sqrt(2 / std::numbers::pi);
        });
        for (const auto& [name, value] : {std::pair(kWeightsExcess, deviation), {kWeightsFloor, byChance}}) {
            ResultRow row = undefinedRow(name, "no token has a choice with a weight at both sites");
            row.n = m_tokens;
            if (m_tokens) {
                row.undefined.clear();
                row.value = value / (2 * n);
            }
            rows.push_back(std::move(row));
        }
    }

    void matrices(std::vector<ResultMatrix>& matrices) const
    {
        const std::size_t A = m_from.sums.size(), B = m_to.sums.size();
        const auto cells = [&](const char* name, const char* unit, auto value) {
            ResultMatrix& matrix = matrices.emplace_back();
            matrix.metric = name;
            matrix.unit = unit;
            matrix.n = m_tokens;
            matrix.axes = {expertAxis("expert", A), expertAxis("expert_to", B)};
            forEachCell([&](std::size_t i, std::size_t j) { matrix.values.push_back(value(i, j)); });
        };
        const double nan = std::numeric_limits<double>::quiet_NaN();
        cells("flow_weights.sum", "tokens", [&](std::size_t i, std::size_t j) { return sum(i, j); });
        cells("flow_weights.expected", "tokens",
            [&](std::size_t i, std::size_t j) { return m_tokens ? expected(i, j) : nan; });
        cells("flow_weights.z", "1", [&](std::size_t i, std::size_t j) {
            const double scatter = sd(i, j);
            return scatter > 0 ? (sum(i, j) - expected(i, j)) / scatter : nan;
        });
    }

private:
    template <class Visit> void forEachCell(const Visit& visit) const
    {
        for (std::size_t i = 0; i < m_from.sums.size(); ++i)
            for (std::size_t j = 0; j < m_to.sums.size(); ++j)
                visit(i, j);
    }
    double sum(std::size_t i, std::size_t j) const { return m_cells[i * m_to.sums.size() + j].sum(); }
    double expected(std::size_t i, std::size_t j) const
    {
        return m_tokens ? m_from.sums[i].sum() * m_to.sums[j].sum() / double(m_tokens) : 0;
    }
    /// Of the sum, when the tokens of one site are dealt out anew among those of the other.
    double sd(std::size_t i, std::size_t j) const
    {
        const double n = double(m_tokens);
        return m_tokens > 1 ? std::sqrt(m_from.scatter(i, n) * m_to.scatter(j, n) / (n - 1)) : 0;
    }

    std::uint64_t m_tokens = 0;
    WeightSums m_from, m_to;
    std::vector<FixedSum> m_cells; ///< [A][B]
    std::vector<WeightShare> m_sources, m_targets; ///< scratch
};

}

MetricSpec flowWeightsMetric()
{
    return {
        .name = "flow_weights",
        .definition = "as flow, each pair of a token's choices weighted by the product of their routing weights, which "
                      "add up to 1 at "
                      "each site: half the sum of |weight - expected| over all pairs, expected as if the sites were "
                      "independent, over "
                      "the tokens; what sampling alone makes of that (floor); n = tokens",
        .source = "total variation from independence; floor: normal law, variance of a random permutation",
        .needs = {{.weights = true}},
        .crossSite = true,
        .ranges = {{kWeightsExcess, kNoInterval}, {kWeightsFloor, kNoInterval}},
        .noUniform = "routing by chance has no weights",
        .anyTokens = true,
        .onRequest = true,
        .params = {distanceParameter()},
        .make =
            [](const MetricContext& context) {
                return std::make_unique<SitePairAccumulator<FlowWeightsState>>(
                    context, std::vector<std::string>{kWeightsExcess, kWeightsFloor});
            },
    };
}

}
