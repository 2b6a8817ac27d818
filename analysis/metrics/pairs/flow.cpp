// SPDX-License-Identifier: GPL-3.0-or-later
//
// How tokens flow from the experts of a site to those of a later one, and how much of it is more than independent sites
// would show. Two tables of PairCounts a pair of sites and worker: 32 KiB for E = 64, 512 KiB for 256.
#include "analysis/chance/chance_value.h"
#include "analysis/chance/independence.h"
#include "analysis/counts/choice_sets.h"
#include "analysis/counts/pair_counts.h"
#include "analysis/metrics/pairs/site_pairs.h"

#include <cmath>
#include <limits>

namespace expertscope {

namespace {

constexpr const char* kExcess = "flow.excess";
constexpr const char* kFloor = "flow.floor";
constexpr const char* kCells = "flow.cells";
constexpr const char* kShareOfFlow = "flow.significant";
constexpr const char* kShareOfExcess = "flow.significant_excess";
constexpr const char* kFirstExcess = "flow.top1_excess";
constexpr const char* kFirstFloor = "flow.top1_floor";

// A cell that is told apart from chance.
constexpr double kLeastZ = 4, kLeastLift = 1.5, kLeastCount = 20;

bool isSignificant(const IndependentMarks& chance, double count)
{
    return count >= kLeastCount && count >= kLeastLift * chance.expected() && chance.z(count) >= kLeastZ;
}

/// What a table of pairs comes to.
struct Sums
{
    double flow = 0; ///< pairs
    double deviation = 0, byChance = 0; ///< sums of |count - expected|: as counted, as independent sites give it
    double cells = 0, count = 0, excess = 0; ///< of significant cells: how many, their pairs, those beyond expectation

    void take(const IndependentMarks& chance, double observed)
    {
        flow += observed;
        deviation += std::abs(observed - chance.expected());
        byChance += chance.meanDeviation();
        if (isSignificant(chance, observed)) {
            ++cells;
            count += observed;
            excess += observed - chance.expected();
        }
    }
    /// Half of it is what lies above expectation: as much lies below.
    double totalVariation() const { return flow > 0 ? deviation / (2 * flow) : 0; }
    double floor() const { return flow > 0 ? byChance / (2 * flow) : 0; }
    double shareOfFlow() const { return flow > 0 ? count / flow : 0; }
    double shareOfExcess() const { return deviation > 0 ? excess / (deviation / 2) : 0; }
};

/// The same of N tokens that choose k of A and kTo of B experts at random, as if cells were independent.
struct UniformSums
{
    ChanceValue variation, cells, shareOfFlow, shareOfExcess;

    UniformSums() = default;
    UniformSums(double A, double k, double B, double kTo, double N)
    {
        const IndependentMarks chance(N, N * k / A, N * kTo / B);
        const double all = A * B, flow = N * k * kTo, mad = chance.meanDeviation(), sd = chance.sd();
        variation = {all * mad / (2 * flow), std::sqrt(all * std::max(0.0, sd * sd - mad * mad)) / (2 * flow)};
        const double least = std::ceil(
            std::max({kLeastCount, kLeastLift * chance.expected(), chance.expected() + kLeastZ * chance.sd()}));
        const IndependentMarks::Tail tail = chance.tail(least);
        cells = {all * tail.probability, std::sqrt(all * tail.probability)};
        shareOfFlow = {all * tail.count / flow, std::sqrt(all * tail.square) / flow};
        if (mad > 0)
            shareOfExcess = {(tail.count - chance.expected() * tail.probability) / (mad / 2),
                std::sqrt(all * tail.square) / (all * mad / 2)};
    }
};

class FlowState
{
public:
    FlowState(const MetricContext& context, const Site& from, const Site& to)
        : m_valuesOnly(context.valuesOnly)
        , m_sets(from, to)
        , m_first(from.numExperts, to.numExperts)
        , m_tokensTo(to.numExperts)
    {
    }

    void observe(BlockWithBits from, BlockWithBits to)
    {
        m_sets.observe(from, to);
        const bool plain = from.bits.plain() && to.bits.plain();
        for (const SequenceRun& run : from.block.runs) {
            if (plain)
                to.bits.count(run.begin, std::size_t(run.begin) + run.length, m_tokensTo.data());
            else
                countTargets(from.block, to.block, run);
            observeFirst(from.block, to.block, run);
        }
    }

    void add(const FlowState& other)
    {
        m_sets.add(other.m_sets);
        m_first.add(other.m_first);
        for (std::size_t j = 0; j < m_tokensTo.size(); ++j)
            m_tokensTo[j] += other.m_tokensTo[j];
    }

    void persist(Archive& archive)
    {
        archive(m_sets, m_first);
        archive.fixed(m_tokensTo);
    }

    void rows(std::vector<ResultRow>& rows) const
    {
        const double A = m_sets.numFrom(), B = m_sets.numTo();
        const std::uint64_t tokens = m_sets.tokens(), firsts = m_first.total();
        Sums sets;
        forEachCell([&](unsigned i, unsigned j) { sets.take(chance(i, j), double(m_sets.count(i, j))); });
        const EqualSets equal = m_sets.sizes().worth();
        const bool chanceKnown = tokens && !m_valuesOnly;
        const UniformSums uniform =
            chanceKnown ? UniformSums(A, equal.size, B, m_sets.meanTo(), equal.tokens) : UniformSums();
        const auto add = [&rows](const char* name, std::uint64_t n, const char* unit, double value) -> ResultRow& {
            ResultRow row = undefinedRow(name, "no token has a choice at both sites");
            row.unit = unit;
            row.n = n;
            if (n) {
                row.undefined.clear();
                row.value = value;
            }
            rows.push_back(std::move(row));
            return rows.back();
        };
        const auto addSet = [&](const char* name, const char* unit, double value, const ChanceValue& uniformValue) {
            ResultRow& row = add(name, tokens, unit, value);
            if (chanceKnown)
                setUniform(row, uniformValue);
        };
        addSet(kExcess, "1", sets.totalVariation(), uniform.variation);
        add(kFloor, tokens, "1", sets.floor()).uniform =
            chanceKnown ? std::optional(uniform.variation.mean) : std::nullopt;
        addSet(kCells, "cells", sets.cells, uniform.cells);
        addSet(kShareOfFlow, "1", sets.shareOfFlow(), uniform.shareOfFlow);
        addSet(kShareOfExcess, "1", sets.shareOfExcess(), uniform.shareOfExcess);
        firstRows(add, firsts);
    }

    void matrices(std::vector<ResultMatrix>& matrices) const
    {
        const auto make = [&](const char* name, const char* unit, std::uint64_t n, bool from, bool to) -> auto&
        {
            ResultMatrix matrix;
            matrix.metric = name;
            matrix.unit = unit;
            matrix.n = n;
            if (from)
                matrix.axes.push_back(expertAxis("expert", m_sets.numFrom()));
            if (to)
                matrix.axes.push_back(expertAxis("expert_to", m_sets.numTo()));
            matrices.push_back(std::move(matrix));
            return matrices.back();
        };
        const std::uint64_t tokens = m_sets.tokens();
        const auto cells = [&](const char* name, const char* unit, std::uint64_t n, auto value) {
            auto& values = make(name, unit, n, true, true).values;
            forEachCell([&](unsigned i, unsigned j) { values.push_back(value(i, j)); });
        };
        cells("flow.count", "tokens", tokens, [&](unsigned i, unsigned j) { return double(m_sets.count(i, j)); });
        cells("flow.expected", "tokens", tokens, [&](unsigned i, unsigned j) {
            return tokens ? chance(i, j).expected() : std::numeric_limits<double>::quiet_NaN();
        });
        cells(
            "flow.z", "1", tokens, [&](unsigned i, unsigned j) { return chance(i, j).z(double(m_sets.count(i, j))); });
        cells("flow.top1_count", "tokens", m_first.total(),
            [&](unsigned i, unsigned j) { return double(m_first.at(i, j)); });
        auto& from = make("flow.from", "tokens", tokens, true, false).values;
        for (unsigned i = 0; i < m_sets.numFrom(); ++i)
            from.push_back(double(m_sets.tokensOf(i)));
        make("flow.to", "tokens", tokens, false, true).values.assign(m_tokensTo.begin(), m_tokensTo.end());
    }

private:
    template <class Visit> void forEachCell(const Visit& visit) const
    {
        for (unsigned i = 0; i < m_sets.numFrom(); ++i)
            for (unsigned j = 0; j < m_sets.numTo(); ++j)
                visit(i, j);
    }

    IndependentMarks chance(unsigned i, unsigned j) const
    {
        return {double(m_sets.tokens()), double(m_sets.tokensOf(i)), double(m_tokensTo[j])};
    }

    template <class Add> void firstRows(const Add& add, std::uint64_t firsts) const
    {
        std::vector<double> from(m_first.numFrom()), to(m_first.numTo());
        forEachCell([&](unsigned i, unsigned j) {
            from[i] += double(m_first.at(i, j));
            to[j] += double(m_first.at(i, j));
        });
        Sums sums;
        forEachCell([&](unsigned i, unsigned j) {
            sums.take({double(firsts), from[i], to[j]}, double(m_first.at(i, j)));
        });
        ResultRow& excess = add(kFirstExcess, firsts, "1", sums.totalVariation());
        std::optional<double> byChance;
        if (firsts && !m_valuesOnly) {
            const UniformSums uniform(m_first.numFrom(), 1, m_first.numTo(), 1, double(firsts));
            setUniform(excess, uniform.variation);
            byChance = uniform.variation.mean;
        }
        add(kFirstFloor, firsts, "1", sums.floor()).uniform = byChance;
    }

    /// Tokens without a choice at one of the sites do not count.
    void countTargets(const Block& from, const Block& to, const SequenceRun& run)
    {
        ChoiceSets sources(m_sets.numFrom()), targets(m_sets.numTo());
        sources.assign(from, run.begin, run.length);
        targets.assign(to, run.begin, run.length);
        for (std::size_t t = 0; t < run.length; ++t) {
            if (sources[t].empty())
                continue;
            for (const std::uint16_t j : targets[t])
                ++m_tokensTo[j];
        }
    }

    void observeFirst(const Block& from, const Block& to, const SequenceRun& run)
    {
        const std::size_t stride = from.numSlots, A = m_first.numFrom(), B = m_first.numTo();
        const std::uint16_t* x = from.expertIds.data() + run.begin * stride;
        const std::uint16_t* y = to.expertIds.data() + run.begin * stride;
        std::uint32_t* const cells = m_first.cells(run.length);
        for (std::uint32_t t = 0; t < run.length; ++t, x += stride, y += stride) {
            if (*x < A && *y < B)
                ++cells[*x * B + *y];
        }
    }

    bool m_valuesOnly; ///< nobody looks at what chance gives
    SetPairs m_sets;
    PairCounts m_first;
    std::vector<std::uint64_t> m_tokensTo; ///< [B] that chose j, and anything here
};

}

MetricSpec flowMetric()
{
    return {
        .name = "flow",
        .definition =
            "from the experts of a site to those of a later one, a pair for each i and j of a token's choices: half "
            "the "
            "sum of |pairs - expected| over all pairs, expected as if the sites were independent, and what sampling "
            "alone makes of that (floor); cells with z >= 4, lift >= 1.5 and 20 tokens, their share of pairs and of "
            "the "
            "excess; the same of first choices; tokens that chose at both sites count; n = tokens",
        .source = "total variation from independence; z and floor: hypergeometric law",
        .crossSite = true,
        .ranges = {{kExcess, kNoInterval}, {kFloor, kNoInterval}, {kCells, kNoInterval}, {kShareOfFlow, kNoInterval},
            {kShareOfExcess, kNoInterval}, {kFirstExcess, kNoInterval}, {kFirstFloor, kNoInterval}},
        .anyTokens = true,
        .params = {distanceParameter()},
        .make =
            [](const MetricContext& context) {
                return std::make_unique<SitePairAccumulator<FlowState>>(context,
                    std::vector<std::string>{
                        kExcess, kFloor, kCells, kShareOfFlow, kShareOfExcess, kFirstExcess, kFirstFloor});
            },
    };
}

}
