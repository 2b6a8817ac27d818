// SPDX-License-Identifier: GPL-3.0-or-later
//
// Risk difference batch by batch, as RASA computes it (RASAMoE-public): the rate of a label value's tokens minus that
// of the other values' within each batch, then the mean over batches; and in how many of them it has the sign of that
// mean.
#include "analysis/chance/chance_value.h"
#include "analysis/metrics/specialisation/value_counts.h"
#include "analysis/spine/per_site.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

constexpr const char* kValue = "batched_difference.value";
constexpr const char* kSign = "batched_difference.sign";
constexpr const char* kMost = "batched_difference.max_abs";
constexpr const char* kAbove = "batched_difference.above_tau";

/// Sequences by their place among the selected ones of their label value: batches of so many, value by value, so that a
/// batch holds all values also where the trace holds them one after the other.
std::shared_ptr<const std::vector<std::uint32_t>> batchesOf(const MetricContext& context)
{
    const auto size = static_cast<std::size_t>(context.params.number("batch"));
    auto batches = std::make_shared<std::vector<std::uint32_t>>(context.shape->sequences.size());
    std::vector<std::size_t> seen(context.by->values.size());
    for (const SequenceIndex s : context.selection->sequences) {
        if (const std::int32_t code = context.by->codes[std::size_t(s)]; code >= 0)
            (*batches)[std::size_t(s)] = std::uint32_t(seen[std::size_t(code)]++ / size);
    }
    return batches;
}

class BatchedDifferenceState
{
public:
    BatchedDifferenceState(const MetricContext& context, SiteIndex site)
        : m_batch(context.params.number("batch"))
        , m_tau(context.params.number("tau"))
        , m_valuesOnly(context.valuesOnly)
        , m_counts(*context.by, context.shape->sites[std::size_t(site)], batchesOf(context))
    {
    }

    void observe(const Block& block)
    {
        if (!m_valuesOnly)
            m_counts.observe(block);
    }
    void add(const BatchedDifferenceState& other) { m_counts.add(other.m_counts); }
    void persist(Archive& archive) { m_counts.persist(archive); }

    void rows(std::vector<ResultRow>& rows) const
    {
        std::map<std::uint32_t, LoadCounts> all; // by batch
        for (const auto& [key, counts] : m_counts.all())
            all.try_emplace(key.first, m_counts.site()).first->second.add(counts);
        const std::size_t before = rows.size();
        for (std::uint32_t v = 0; v < m_counts.label().values.size(); ++v)
            valueRows(rows, v, all);
        if (rows.size() == before)
            rows.push_back(undefinedRow(kMost, "no batch has tokens of two values of the label"));
    }

private:
    void valueRows(std::vector<ResultRow>& rows, std::uint32_t v, const std::map<std::uint32_t, LoadCounts>& all) const
    {
        const std::size_t E = m_counts.site().numExperts;
        std::vector<std::vector<double>> differences; // [batches][E]
        double shift = 0, variance = 0;
        for (const auto& [batch, base] : all) {
            const auto own = m_counts.all().find({batch, v});
            if (own == m_counts.all().end())
                continue;
            const LoadCounts& counts = own->second;
            const double tokens = double(counts.tokens()), rest = double(base.tokens()) - tokens;
            if (tokens == 0 || rest == 0)
                continue;
            auto& of = differences.emplace_back();
            for (std::size_t e = 0; e < E; ++e)
                of.push_back(
                    double(counts.counts()[e]) / tokens - double(base.counts()[e] - counts.counts()[e]) / rest);
            // By chance: as of risk_difference, the mean of that over batches.
            const double rate = double(counts.choices()) / tokens / double(E),
                         restRate = double(base.choices() - counts.choices()) / rest / double(E);
            const double spare = std::max(0.0, 1 - base.sizes().worth().size / double(E));
            shift += rate - restRate;
            variance += spare * (rate / tokens + restRate / rest);
        }
        if (differences.empty())
            return;
        const double batches = double(differences.size());
        ResultRow row;
        row.label = {m_counts.label().name, m_counts.label().values[v]};
        row.n = differences.size();
        row.params["batch"] = m_batch;
        double most = 0, above = 0;
        for (std::size_t e = 0; e < E; ++e) {
            double sum = 0, alike = 0;
            for (const auto& of : differences)
                sum += of[e];
            const double mean = sum / batches;
            for (const auto& of : differences)
                alike += of[e] * mean > 0;
            most = std::max(most, std::abs(mean));
            above += mean > m_tau;
            row.expert = ExpertIndex(std::uint16_t(e));
            row.metric = kValue;
            row.value = mean;
            setUniform(row, {shift / batches, std::sqrt(variance) / batches});
            rows.push_back(row);
            row.metric = kSign;
            row.value = alike / batches;
            row.uniform.reset();
            row.uniformSd.reset();
            rows.push_back(row);
        }
        row.expert.reset();
        row.metric = kMost;
        row.value = most;
        rows.push_back(row);
        row.metric = kAbove;
        row.unit = "experts";
        row.params["tau"] = m_tau;
        row.value = above;
        rows.push_back(row);
    }

    double m_batch, m_tau;
    bool m_valuesOnly;
    ValueCounts m_counts;
};

}

MetricSpec batchedDifferenceMetric()
{
    return {
        .name = "batched_difference",
        .definition =
            "rate at which a label value's tokens choose the expert minus that of all other values, within each batch, "
            "mean "
            "over batches (value) and share of the batches with the sign of that mean (sign); the largest; number of "
            "experts above tau. A batch is `batch` sequences of each value, in turn; n = batches",
        .source = "RASA (RASAMoE-public): per batch, then averaged; tau 0.05 there",
        .needsLabel = true,
        .ranges = {{kValue, kNoInterval}, {kSign, kNoInterval}, {kMost, kNoInterval}, {kAbove, kNoInterval}},
        .groupsSequences = true,
        .params = {{"batch", "8", "sequences of each value in a batch", ParameterSpec::Kind::Number, 1, 1e9, true},
            {"tau", "0.05", "difference above which an expert is one of the value", ParameterSpec::Kind::Number, -1,
                1}},
        .make =
            [](const MetricContext& context) {
                return std::make_unique<PerSiteAccumulator<BatchedDifferenceState>>(context, true);
            },
    };
}

}
