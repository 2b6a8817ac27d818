// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which experts of a later site follow which of an earlier one (metrics 2.1, 3.5). Three tables of PairCounts a pair of
// sites and worker: 48 KiB for E = 64, 768 KiB for 256, 12 MiB for 1024.
#include "analysis/chance/pair_chance.h"
#include "analysis/counts/pair_counts.h"
#include "analysis/metrics/pairs/site_pairs.h"

#include <cmath>
#include <limits>

namespace expertscope {

namespace {

constexpr const char* kFirst = "affinity.top1_row_max";
constexpr const char* kSet = "affinity.set_row_max";
constexpr const char* kAlignedMax = "affinity.rank_aligned_max";
constexpr const char* kAlignedTotal = "affinity.rank_aligned_total";

class AffinityState
{
public:
    AffinityState(const MetricContext& context, const Site& from, const Site& to)
        : m_valuesOnly(context.valuesOnly)
        , m_sets(from, to)
        , m_first(from.numExperts, to.numExperts)
        , m_later(from.numExperts, to.numExperts)
    {
    }

    void observe(BlockWithBits from, BlockWithBits to)
    {
        m_sets.observe(from, to);
        for (const SequenceRun& run : from.block.runs)
            observeRanks(from.block, to.block, run);
    }

    void add(const AffinityState& other)
    {
        m_sets.add(other.m_sets);
        m_first.add(other.m_first);
        m_later.add(other.m_later);
        m_aligned += other.m_aligned;
    }

    void persist(Archive& archive) { archive(m_sets, m_first, m_later, m_aligned); }

    void rows(std::vector<ResultRow>& rows) const
    {
        const unsigned A = m_first.numFrom(), B = m_first.numTo();
        std::uint64_t most = 0, firsts = 0;
        double firstSum = 0, setSum = 0;
        unsigned firstRows = 0, setRows = 0;
        for (unsigned i = 0; i < A; ++i) {
            std::uint64_t first = 0, firstTokens = 0, set = 0;
            for (unsigned j = 0; j < B; ++j) {
                const std::uint64_t c = m_first.at(i, j);
                firstTokens += c;
                first = std::max(first, c);
                set = std::max(set, m_sets.count(i, j));
                most = std::max(most, c + m_later.at(i, j));
            }
            firsts += firstTokens;
            if (firstTokens) {
                firstSum += double(first) / double(firstTokens);
                ++firstRows;
            }
            if (m_sets.tokensOf(i)) {
                setSum += double(set) / double(m_sets.tokensOf(i));
                ++setRows;
            }
        }
        const auto add = [&rows](
                             const char* name, std::uint64_t n, const std::string& unit, double value) -> ResultRow& {
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
        ResultRow& firstRow = add(kFirst, firsts, "1", firstSum / firstRows);
        if (firsts && !m_valuesOnly)
            setUniform(firstRow, uniformRowMax(A, 1, B, 1, double(firsts)));
        const std::uint64_t tokens = m_sets.tokens();
        ResultRow& setRow = add(kSet, tokens, "1", setSum / setRows);
        if (tokens && !m_valuesOnly) {
            const EqualSets sets = m_sets.sizes().worth();
            setUniform(setRow, uniformRowMax(A, sets.size, B, m_sets.meanTo(), sets.tokens));
        }
        const std::uint64_t pairs = m_first.total() + m_later.total();
        ResultRow& mostRow = add(kAlignedMax, m_aligned, "tokens", double(most));
        if (m_aligned && !m_valuesOnly) {
            const double cells = double(A) * B;
            setUniform(mostRow,
                uniformMaxCount(A * std::uint64_t(B), double(pairs) / (double(m_aligned) * cells), m_aligned));
        }
        ResultRow& total = add(kAlignedTotal, m_aligned, "pairs", double(pairs));
        if (m_aligned) {
            total.uniform = total.value; // as many, whatever the routing
            total.uniformSd = 0;
        }
    }

    void matrices(std::vector<ResultMatrix>& matrices) const
    {
        const unsigned A = m_first.numFrom(), B = m_first.numTo();
        const auto make = [&](const std::string& name, const std::string& unit, std::uint64_t n, auto value) {
            ResultMatrix matrix;
            matrix.metric = name;
            matrix.unit = unit;
            matrix.n = n;
            matrix.axes = {expertAxis("expert", A), expertAxis("expert_to", B)};
            matrix.values.reserve(std::size_t(A) * B);
            for (unsigned i = 0; i < A; ++i)
                value(i, matrix.values);
            matrices.push_back(std::move(matrix));
        };
        const auto share = [](std::uint64_t count, std::uint64_t of) {
            return of ? double(count) / double(of) : std::numeric_limits<double>::quiet_NaN();
        };
        make("affinity.top1", "1", m_first.total(), [&](unsigned i, std::vector<double>& values) {
            const std::uint64_t tokens = m_first.rowSum(i);
            for (unsigned j = 0; j < B; ++j)
                values.push_back(share(m_first.at(i, j), tokens));
        });
        matrices.back().uniform = 1.0 / B;
        make("affinity.set", "1", m_sets.tokens(), [&](unsigned i, std::vector<double>& values) {
            for (unsigned j = 0; j < B; ++j)
                values.push_back(share(m_sets.count(i, j), m_sets.tokensOf(i)));
        });
        if (m_sets.tokens())
            matrices.back().uniform = m_sets.meanTo() / B;
        make("affinity.rank_aligned", "tokens", m_aligned, [&](unsigned i, std::vector<double>& values) {
            for (unsigned j = 0; j < B; ++j)
                values.push_back(double(m_first.at(i, j) + m_later.at(i, j)));
        });
        matrices.back().uniform = double(m_first.total() + m_later.total()) / (double(A) * B);
    }

private:
    /// Rank r with rank r, as OLMoE's script zips them (metrics 3.5); rank 0 by itself.
    void observeRanks(const Block& from, const Block& to, const SequenceRun& run)
    {
        const std::size_t stride = from.numSlots, A = m_first.numFrom(), B = m_first.numTo();
        const std::uint16_t* x = from.expertIds.data() + run.begin * stride;
        const std::uint16_t* y = to.expertIds.data() + run.begin * stride;
        std::uint32_t* const first = m_first.cells(run.length);
        std::uint32_t* const later = m_later.cells(run.length * std::uint64_t(stride)); // an id may come twice
        if (const std::size_t k = std::min(from.evenSlots, to.evenSlots)) {
            const auto count = [=](const std::uint32_t* cell) {
                ++first[cell[0]];
                for (std::size_t r = 1; r < k; ++r)
                    ++later[cell[r]];
            };
            forEachTokenCells(x, y, run.length, stride, k, static_cast<std::uint32_t>(B), count);
            m_aligned += run.length;
            return;
        }
        for (std::uint32_t t = 0; t < run.length; ++t, x += stride, y += stride) {
            bool any = false;
            for (std::size_t r = 0; r < stride; ++r) {
                if (x[r] >= A || y[r] >= B)
                    continue;
                any = true;
                ++(r ? later : first)[x[r] * B + y[r]];
            }
            m_aligned += any;
        }
    }

    bool m_valuesOnly; ///< nobody looks at what chance gives
    SetPairs m_sets;
    PairCounts m_first, m_later; ///< rank with the same rank: the first one, all others
    std::uint64_t m_aligned = 0; ///< tokens with any such pair
};

}

MetricSpec affinityMetric()
{
    return {
        .name = "affinity",
        .definition =
            "from a site to a later one: P(first choice j | first choice i), P(j chosen | i chosen), of both the mean "
            "over i of the largest; tokens in which i and j hold the same rank, the largest such count and their "
            "total; "
            "tokens that chose at both sites count; n = tokens",
        .source = "ExFlow (arXiv 2401.08383); rank-aligned: OLMoE (arXiv 2409.02060) appendix G, as its script does it",
        .crossSite = true,
        .ranges = {{kFirst, kShare}, {kSet, kShare}, {kAlignedMax, kNotNegative}, {kAlignedTotal, kNotNegative}},
        .anyTokens = true,
        .params = {distanceParameter()},
        .make =
            [](const MetricContext& context) {
                return std::make_unique<SitePairAccumulator<AffinityState>>(
                    context, std::vector<std::string>{kFirst, kSet, kAlignedMax, kAlignedTotal});
            },
    };
}

}
