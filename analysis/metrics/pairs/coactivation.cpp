// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which experts a token chooses together (metrics 3.2), of all pairs and of adjacent ranks only. A table of PairCounts
// a site and worker: 16 KiB for E = 64, 256 KiB for 256, 4 MiB for 1024.
#include "analysis/chance/pair_chance.h"
#include "analysis/counts/pair_counts.h"
#include "analysis/counts/set_rows.h"
#include "analysis/metrics/pairs/site_pairs.h"

#include <limits>

namespace expertscope {

namespace {

/// Counts go to [the one of the better rank][the other]; both orders are added up in the end. On the diagonal: the
/// tokens that chose the expert. All pairs of few experts are counted faster as sets, in both orders.
template <bool Adjacent> class CoactivationState
{
public:
    CoactivationState(const MetricContext& context, SiteIndex index)
        : CoactivationState(context.shape->sites[std::size_t(index)], context.valuesOnly)
    {
    }

    void observe(const Block& block, ChoiceBits& bits)
    {
        if (m_sets) {
            m_sets->observe({block, bits}, {block, bits});
            return;
        }
        const bool plain = bits.plain();
        for (const SequenceRun& run : block.runs) {
            if (plain)
                observePlainly(block, bits, run);
            else
                observeCarefully(block, run);
        }
    }

    void add(const CoactivationState& other)
    {
        if (m_sets)
            m_sets->add(*other.m_sets);
        m_pairs.add(other.m_pairs);
        m_sizes.add(other.m_sizes);
    }

    void persist(Archive& archive)
    {
        if (m_sets)
            archive(*m_sets);
        else
            archive(m_pairs, m_sizes);
    }

    void rows(std::vector<ResultRow>& rows) const
    {
        const unsigned E = m_numExperts;
        double most = -1, sum = 0;
        unsigned first = 0, second = 0, chosen = 0;
        std::uint64_t choices = 0, met = 0;
        for (unsigned i = 0; i < E; ++i) {
            const std::uint64_t n = tokensOf(i);
            if (n == 0)
                continue;
            ++chosen;
            choices += n;
            std::uint64_t rowSum = 0;
            for (unsigned j = 0; j < E; ++j) {
                if (i == j)
                    continue;
                rowSum += together(i, j);
                if (const double share = double(together(i, j)) / double(n); share > most) {
                    most = share;
                    first = i;
                    second = j;
                }
            }
            met += rowSum;
            sum += double(rowSum) / double(n);
        }
        if (chosen == 0 || E < 2) {
            for (const char* what : {".max", ".mean_row_sum"})
                rows.push_back(undefinedRow(kName + what, chosen ? "a single expert: no pairs" : kNoTokens));
            return;
        }
        ResultRow largest;
        largest.metric = kName + ".max";
        largest.n = tokens();
        largest.expert = ExpertIndex(static_cast<std::uint16_t>(first));
        largest.extreme = true;
        largest.other["with"] = std::to_string(second);
        largest.value = most;
        if (!m_valuesOnly)
            setUniform(largest, chanceOfMax(double(met) / double(choices)));
        rows.push_back(std::move(largest));
        ResultRow mean;
        mean.metric = kName + ".mean_row_sum";
        mean.n = tokens();
        mean.unit = "experts";
        mean.value = sum / chosen;
        mean.uniform = double(met) / double(choices); // k - 1, or 2 (k - 1) / k, when all sets are of k
        if (!Adjacent && sizes().even())
            mean.uniformSd = 0; // as many for each expert, whatever the routing
        rows.push_back(std::move(mean));
    }

    void matrices(std::vector<ResultMatrix>& matrices) const
    {
        const unsigned E = m_numExperts;
        ResultMatrix matrix;
        matrix.metric = kName + ".conditional";
        matrix.n = tokens();
        matrix.axes = {expertAxis("expert", E), expertAxis("with", E)};
        matrix.values.reserve(std::size_t(E) * E);
        std::uint64_t choices = 0, met = 0;
        for (unsigned i = 0; i < E; ++i) {
            const std::uint64_t n = tokensOf(i);
            choices += n;
            for (unsigned j = 0; j < E; ++j) {
                const bool defined = i != j && n;
                met += i != j ? together(i, j) : 0;
                matrix.values.push_back(
                    defined ? double(together(i, j)) / double(n) : std::numeric_limits<double>::quiet_NaN());
            }
        }
        if (choices && E > 1) // (k - 1) / (E - 1) when all sets are of k
            matrix.uniform = double(met) / double(choices) / (E - 1);
        matrices.push_back(std::move(matrix));
    }

    static inline const std::string kName = Adjacent ? "coactivation_adjacent" : "coactivation";

private:
    CoactivationState(const Site& site, bool valuesOnly)
        : m_numExperts(site.numExperts)
        , m_valuesOnly(valuesOnly)
        , m_sets(!Adjacent && site.numExperts <= 64 && SetRows::pays(site.numExperts, site.topK)
                  ? std::optional(SetPairs(site, site))
                  : std::nullopt)
        , m_pairs(m_sets ? 0 : m_numExperts, m_sets ? 0 : m_numExperts)
    {
    }

    std::uint64_t together(unsigned i, unsigned j) const
    {
        return m_sets ? m_sets->count(i, j) : m_pairs.at(i, j) + m_pairs.at(j, i);
    }
    std::uint64_t tokensOf(unsigned i) const { return m_sets ? m_sets->tokensOf(i) : m_pairs.at(i, i); }
    const SetSizes& sizes() const { return m_sets ? m_sets->sizes() : m_sizes; }
    std::uint64_t tokens() const { return sizes().tokens(); } ///< with any choice

    /// `met`: how many others an expert is met with where it is chosen, mean over choices. Of adjacent ranks that alone says
    /// what chance gives, also where slots between are empty.
    ChanceValue chanceOfMax(double met) const
    {
        if (!Adjacent) {
            const EqualSets sets = sizes().worth();
            return uniformMaxCoactivation(m_numExperts, sets.size, sets.tokens, false);
        }
        const double size = 2 / (2 - met); // met = 2 (size - 1) / size
        return uniformMaxCoactivation(m_numExperts, size, double(sizes().choices()) / size, true);
    }

    void observePlainly(const Block& block, ChoiceBits& bits, const SequenceRun& run)
    {
        const std::size_t E = m_numExperts, stride = block.numSlots;
        const unsigned k = block.evenSlots;
        std::uint32_t* const cells = m_pairs.cells(run.length);
        const std::uint16_t* id = block.expertIds.data() + run.begin * stride;
        std::vector<std::uint64_t> tokensOf(E);
        bits.count(run.begin, std::size_t(run.begin) + run.length, tokensOf.data());
        for (std::size_t e = 0; e < E; ++e)
            cells[e * E + e] += static_cast<std::uint32_t>(tokensOf[e]);
        if constexpr (Adjacent) {
            forEachTokenCells(id, id + 1, run.length, stride, k - 1, m_numExperts, [=](const std::uint32_t* cell) {
                for (unsigned r = 0; r + 1 < k; ++r)
                    ++cells[cell[r]];
            });
        } else {
            for (std::uint32_t t = 0; t < run.length; ++t, id += stride) {
                for (unsigned r = 0; r < k; ++r) {
                    std::uint32_t* const row = cells + id[r] * E;
                    for (unsigned q = r + 1; q < k; ++q)
                        ++row[id[q]];
                }
            }
        }
        m_sizes.note(k, run.length);
    }

    /// Leaves out empty slots, and a second mention of an expert.
    void observeCarefully(const Block& block, const SequenceRun& run)
    {
        const std::size_t E = m_numExperts, stride = block.numSlots;
        std::uint32_t* const cells = m_pairs.cells(run.length);
        const std::uint16_t* token = block.expertIds.data() + run.begin * stride;
        std::vector<std::uint16_t> ids(stride);
        for (std::uint32_t t = 0; t < run.length; ++t, token += stride) {
            std::size_t size = 0;
            for (std::size_t r = 0; r < stride; ++r) {
                const bool counts = token[r] < E && std::find(token, token + r, token[r]) == token + r;
                ids[r] = counts ? token[r] : kNoExpert;
                size += counts;
            }
            for (std::size_t r = 0; r < stride; ++r) {
                if (ids[r] == kNoExpert)
                    continue;
                const std::size_t end = Adjacent ? std::min(r + 2, stride) : stride;
                for (std::size_t q = r; q < end; ++q) {
                    if (ids[q] != kNoExpert)
                        ++cells[ids[r] * E + ids[q]];
                }
            }
            m_sizes.note(size);
        }
    }

    std::uint16_t m_numExperts;
    bool m_valuesOnly; ///< nobody looks at what chance gives
    std::optional<SetPairs> m_sets; ///< then the others are empty
    PairCounts m_pairs;
    SetSizes m_sizes;
};

/// Means over sites too; of the largest values, whichever pairs they are of.
template <bool Adjacent> class Coactivation final : public PerSiteAccumulator<CoactivationState<Adjacent>>
{
public:
    using PerSiteAccumulator<CoactivationState<Adjacent>>::PerSiteAccumulator;

    Results result() const override
    {
        Results results = PerSiteAccumulator<CoactivationState<Adjacent>>::result();
        appendMeansOf(results.rows, 0);
        return results;
    }
};

template <bool Adjacent> std::unique_ptr<Accumulator> make(const MetricContext& context)
{
    return std::make_unique<Coactivation<Adjacent>>(context);
}

}

MetricSpec coactivationMetric()
{
    return {
        .name = "coactivation",
        .definition = "share of the tokens of expert i that chose j too: the largest, and the mean over i of the sum "
                      "over j; all pairs of a token's experts; n = tokens",
        .source = "OLMoE (arXiv 2409.02060) section 5, as its text defines it",
        .ranges = {{"coactivation.max", kShare}, {"coactivation.mean_row_sum", kNotNegative}},
        .anyTokens = true,
        .make = make<false>,
    };
}

MetricSpec coactivationAdjacentMetric()
{
    return {
        .name = "coactivation_adjacent",
        .definition = "as coactivation, but only pairs of adjacent ranks count, which is what OLMoE's script does and "
                      "its figure shows; n = tokens",
        .source = "OLMoE (arXiv 2409.02060), scripts/run_moe_analysis.py",
        .ranges = {{"coactivation_adjacent.max", kShare}, {"coactivation_adjacent.mean_row_sum", kNotNegative}},
        .anyTokens = true,
        .make = make<true>,
    };
}

}
