// SPDX-License-Identifier: GPL-3.0-or-later
//
// Balance of the load (metrics 6.1), over the whole trace and sequence by sequence.
#include "analysis/balance_stats.h"
#include "analysis/fixed_sum.h"
#include "analysis/load_counts.h"
#include "analysis/per_site.h"
#include "analysis/uniform.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

class BalanceState
{
public:
    BalanceState(const MetricContext& context, SiteIndex site)
        : m_site(site)
        , m_total(context.shape->sites[std::size_t(site)])
        , m_open(m_total)
    {
    }

    void observe(const Block& block)
    {
        for (const SequenceRun& run : block.runs) {
            if (!m_cursor.continues(m_site, run))
                closeSequence();
            m_open.add(block, run);
        }
    }

    void add(const BalanceState& other)
    {
        closeSequence();
        m_total.add(other.m_total);
        m_violation.add(other.m_violation);
        for (const auto& [tokens, count] : other.m_lengths)
            m_lengths[tokens] += count;
        m_unevenSequence |= other.m_unevenSequence;
        addSequence(other.m_open);
    }

    void persist(Archive& archive) { archive(m_total, m_open, m_violation, m_lengths, m_unevenSequence); }

    void rows(std::vector<ResultRow>& rows) const
    {
        BalanceState whole = *this;
        whole.closeSequence();
        whole.closedRows(rows);
    }

private:
    void closeSequence()
    {
        addSequence(m_open);
        m_open.clear();
    }

    void addSequence(const LoadCounts& sequence)
    {
        if (sequence.choices() == 0)
            return;
        const double most = double(*std::ranges::max_element(sequence.counts()));
        m_violation.add(most * sequence.numExperts() / double(sequence.choices()) - 1);
        ++m_lengths[sequence.tokens()];
        m_unevenSequence |= sequence.choicesPerToken() == 0;
        m_total.add(sequence);
    }

    void closedRows(std::vector<ResultRow>& rows) const
    {
        if (m_total.choices() == 0) {
            for (const char* name : {"max_vio", "max_vio_sequence", "cv", "gini", "entropy", "kl", "min_load", "dead"})
                rows.push_back(undefinedRow(std::string("balance.") + name, kNoTokens));
            return;
        }
        const BalanceStats stats = balanceStats(m_total.counts());
        const unsigned E = m_total.numExperts(), k = m_total.choicesPerToken();
        const UniformBalance uniform = uniformBalance(E, k, m_total.tokens());
        ResultRow row;
        row.n = m_total.tokens();
        const auto add = [&](const char* name, const char* unit, double value, double expected) {
            row.metric = std::string("balance.") + name;
            row.unit = unit;
            row.value = value;
            row.uniform = k ? std::optional(expected) : std::nullopt; // no closed form when k varies
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

        double expected = 0;
        std::uint64_t sequences = 0;
        for (const auto& [tokens, count] : m_lengths) {
            if (k && !m_unevenSequence)
                expected += uniformMaxVio(E, k, tokens) * double(count);
            sequences += count;
        }
        row.n = sequences;
        add("max_vio_sequence", "1", m_violation.mean(), expected / double(sequences));
    }

    SiteIndex m_site;
    LoadCounts m_total; ///< of closed sequences
    LoadCounts m_open; ///< of the sequence being read
    RunCursor m_cursor;
    FixedSum m_violation;
    std::map<std::uint64_t, std::uint64_t> m_lengths; ///< tokens -> sequences of so many
    bool m_unevenSequence = false;
};

}

MetricSpec balanceMetric()
{
    return {
        .name = "balance",
        .definition =
            "balance of the load: MaxVio (max c / mean c - 1) of the whole and averaged over sequences, CV, Gini, "
            "entropy / log E, KL to uniform, least relative load, dead experts; n = tokens (sequences)",
        .source = "MaxVio: arXiv 2408.15664 Eq. 4; the others are the usual statistics of c (population SD)",
        .make =
            [](const MetricContext& context) {
                return std::make_unique<PerSiteAccumulator<BalanceState>>(context, true);
            },
    };
}

}
