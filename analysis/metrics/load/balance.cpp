// SPDX-License-Identifier: GPL-3.0-or-later
//
// Balance of the load (metrics 6.1), over the whole trace, batch by batch and sequence by sequence.
#include "analysis/chance/balance_chance.h"
#include "analysis/counts/balance_stats.h"
#include "analysis/counts/level_sums.h"
#include "analysis/counts/load_counts.h"
#include "analysis/spine/fixed_sum.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

/// MaxVio of many parts of the tokens: their mean, and what chance would give.
class Violations
{
public:
    void add(const LoadCounts& part)
    {
        if (part.choices() == 0)
            return;
        const double most = double(*std::ranges::max_element(part.counts()));
        m_values.add(most * part.numExperts() / double(part.choices()) - 1);
        const EqualSets sets = part.sizes().worth();
        ++m_parts[{static_cast<std::uint64_t>(sets.tokens + 0.5),
            static_cast<std::uint32_t>(sets.size * kSizeSteps + 0.5)}];
    }

    void add(const Violations& other)
    {
        m_values.add(other.m_values);
        for (const auto& [kind, parts] : other.m_parts)
            m_parts[kind] += parts;
    }

    void persist(Archive& archive) { archive(m_values, m_parts); }

    std::uint64_t n() const { return m_values.n(); }
    double mean() const { return m_values.mean(); }
    ChanceValue uniform(unsigned E) const
    {
        double sum = 0, variance = 0;
        for (const auto& [kind, parts] : m_parts) {
            const ChanceValue one = uniformMaxVio(E, double(kind.second) / kSizeSteps, double(kind.first));
            sum += one.mean * double(parts);
            variance += one.sd * one.sd * double(parts);
        }
        return {sum / double(n()), std::sqrt(variance) / double(n())};
    }

private:
    static constexpr double kSizeSteps = 16;
    FixedSum m_values;
    /// Tokens and size of their sets (in sixteenths: few kinds, however ragged the trace) -> parts of that kind.
    std::map<std::pair<std::uint64_t, std::uint32_t>, std::uint64_t> m_parts;
};

class BalanceState
{
public:
    BalanceState(const MetricContext& context, SiteIndex site)
        : m_batch(context.params.number("batch"))
        , m_valuesOnly(context.valuesOnly)
        , m_sums(context, std::size_t(m_batch), LoadCounts(context.shape->sites[std::size_t(site)]))
    {
    }

    void observe(const Block& block, ChoiceBits& bits)
    {
        for (const SequenceRun& run : block.runs)
            m_sums.of(run).add(block, bits, run);
    }

    void add(const BalanceState& other) { m_sums.add(other.m_sums); }
    void persist(Archive& archive) { m_sums.persist(archive); }

    void rows(std::vector<ResultRow>& rows) const
    {
        const auto sums = m_sums.closed();
        const LoadCounts& total = sums.total();
        if (total.choices() == 0) {
            for (const char* metric : {"balance.max_vio", "balance.cv", "balance.gini", "balance.entropy", "balance.kl",
                     "balance.min_load", "balance.dead", "balance.max_vio_sequence", "balance.max_vio_batch"})
                rows.push_back(undefinedRow(metric, kNoTokens));
            rows.back().params["batch"] = m_batch;
            return;
        }
        const BalanceStats stats = balanceStats(total.counts());
        const unsigned E = total.numExperts();
        const UniformBalance uniform = m_valuesOnly ? UniformBalance() : uniformBalance(E, total.sizes().worth());
        ResultRow row;
        row.n = total.tokens();
        const auto add = [&](const char* name, const char* unit, double value, const ChanceValue& chance) {
            row.metric = std::string("balance.") + name;
            row.unit = unit;
            row.value = value;
            setUniform(row, chance);
            rows.push_back(row);
        };
        add("max_vio", "1", stats.maxVio, {uniform.maxVio, uniform.sd.maxVio});
        add("cv", "1", stats.cv, {uniform.cv, uniform.sd.cv});
        add("gini", "1", stats.gini, {uniform.gini, uniform.sd.gini});
        if (const double logE = std::log(E); E > 1)
            add("entropy", "log E", stats.entropy / logE, {1 - uniform.kl / logE, uniform.sd.kl / logE});
        else
            rows.push_back(undefinedRow("balance.entropy", "one expert: log E is 0"));
        add("kl", "nats", stats.kl, {uniform.kl, uniform.sd.kl});
        add("min_load", "1", stats.minLoad, {uniform.minLoad, uniform.sd.minLoad});
        add("dead", "experts", double(stats.dead), {uniform.dead, uniform.sd.dead});

        const auto addMean = [&](const char* name, const Violations& parts) {
            row.n = parts.n();
            add(name, "1", parts.mean(), m_valuesOnly ? ChanceValue() : parts.uniform(E));
        };
        addMean("max_vio_sequence", sums.ofSequences());
        if (m_valuesOnly)
            return;
        row.params["batch"] = m_batch;
        addMean("max_vio_batch", sums.ofBatches());
    }

private:
    double m_batch; ///< sequences a batch
    bool m_valuesOnly;
    LevelSums<LoadCounts, Violations> m_sums;
};

}

MetricSpec balanceMetric()
{
    return {
        .name = "balance",
        .definition =
            "balance of the load: MaxVio (max c / mean c - 1) of the whole, averaged over batches of sequences and "
            "over sequences, CV, Gini, entropy / log E, KL to uniform, least relative load, dead experts; n = tokens "
            "(batches, sequences)",
        .source = "MaxVio: arXiv 2408.15664 Eq. 4; the others are the usual statistics of c (population SD)",
        .ranges = {{"balance.max_vio", kNotNegative}, {"balance.cv", kNotNegative}, {"balance.gini", kShare},
            {"balance.entropy", kShare}, {"balance.kl", kNotNegative}, {"balance.min_load", kShare},
            {"balance.dead", kNoInterval}, {"balance.max_vio_sequence", kNotNegative}},
        .groupsSequences = true,
        .anyTokens = true,
        .params = {{.name = "batch",
            .standard = "4",
            .meaning = "consecutive sequences a batch",
            .least = 1,
            .most = 1e9,
            .whole = true}},
        .make =
            [](const MetricContext& context) {
                return std::make_unique<PerSiteAccumulator<BalanceState>>(context, true);
            },
    };
}

}
