// SPDX-License-Identifier: GPL-3.0-or-later
//
// Balance of the load (metrics 6.1), over the whole trace, batch by batch and sequence by sequence.
#include "analysis/chance/uniform.h"
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
        ++m_lengths[part.tokens()];
        m_uneven |= part.choicesPerToken() == 0;
    }

    void add(const Violations& other)
    {
        m_values.add(other.m_values);
        for (const auto& [tokens, parts] : other.m_lengths)
            m_lengths[tokens] += parts;
        m_uneven |= other.m_uneven;
    }

    void persist(Archive& archive) { archive(m_values, m_lengths, m_uneven); }

    std::uint64_t n() const { return m_values.n(); }
    double mean() const { return m_values.mean(); }
    /// `k` 0, or part by part another: tokens differ in their number of choices, there is no closed form.
    std::optional<double> uniform(unsigned E, unsigned k) const
    {
        if (k == 0 || m_uneven)
            return std::nullopt;
        double expected = 0;
        for (const auto& [tokens, parts] : m_lengths)
            expected += uniformMaxVio(E, k, tokens) * double(parts);
        return expected / double(n());
    }

private:
    FixedSum m_values;
    std::map<std::uint64_t, std::uint64_t> m_lengths; ///< tokens -> parts of so many
    bool m_uneven = false;
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
        const unsigned E = total.numExperts(), k = total.choicesPerToken();
        const UniformBalance uniform = uniformBalance(E, k, total.tokens());
        ResultRow row;
        row.n = total.tokens();
        const auto add = [&](const char* name, const char* unit, double value, std::optional<double> expected) {
            row.metric = std::string("balance.") + name;
            row.unit = unit;
            row.value = value;
            row.uniform = k ? expected : std::nullopt; // no closed form when k varies
            rows.push_back(row);
        };
        add("max_vio", "1", stats.maxVio, uniform.maxVio);
        add("cv", "1", stats.cv, uniform.cv);
        add("gini", "1", stats.gini, uniform.gini);
        if (E > 1)
            add("entropy", "log E", stats.entropy / std::log(E), 1 - uniform.kl / std::log(E));
        else
            rows.push_back(undefinedRow("balance.entropy", "one expert: log E is 0"));
        add("kl", "nats", stats.kl, uniform.kl);
        add("min_load", "1", stats.minLoad, uniform.minLoad);
        add("dead", "experts", double(stats.dead), uniform.dead);

        row.n = sums.ofSequences().n();
        add("max_vio_sequence", "1", sums.ofSequences().mean(), sums.ofSequences().uniform(E, k));
        if (m_valuesOnly)
            return;
        row.n = sums.ofBatches().n();
        row.params["batch"] = m_batch;
        add("max_vio_batch", "1", sums.ofBatches().mean(), sums.ofBatches().uniform(E, k));
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
