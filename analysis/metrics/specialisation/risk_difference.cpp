// SPDX-License-Identifier: GPL-3.0-or-later
//
// Experts of a task or a language (metrics 5): the rate at which a label value's tokens choose an expert minus the rate
// of the reference's. SteerMoE's risk difference (a1/(a1+d1) - a2/(a2+d2), custom_steering.ipynb); with a threshold tau
// the task and language experts of arXiv 2510.04694.
#include "analysis/chance/uniform.h"
#include "analysis/counts/load_counts.h"
#include "analysis/spine/per_site.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace expertscope {

namespace {

/// Mean of the largest |z| of E standard normals that add up to 0: as if they were independent (Simpson on [0, 9] of
/// the probability that one lies above), and a correction found by simulation, good to 0.3 % from E = 3 on.
double largestNormal(unsigned E)
{
    if (E <= 2)
        return E < 2 ? 0 : std::sqrt(2 / std::numbers::pi);
    constexpr int kSteps = 1800;
    constexpr double kWidth = 9.0 / kSteps;
    double sum = 0;
    for (int i = 0; i <= kSteps; ++i) {
        const double simpson = (i == 0 || i == kSteps ? 1 : i % 2 ? 4 : 2) * kWidth / 3;
        sum += simpson * (1 - std::pow(std::erf(i * kWidth / std::numbers::sqrt2), E));
    }
    return sum / (1 + 1.0 / E / E);
}

class RiskDifferenceState
{
public:
    RiskDifferenceState(const MetricContext& context, SiteIndex site)
        : m_label(context.by)
        , m_description(&context.shape->sites[std::size_t(site)])
        , m_reference(context.params.text("reference"))
        , m_tau(context.params.number("tau"))
        , m_valuesOnly(context.valuesOnly)
        , m_values(context.by->values.size())
    {
    }

    void observe(const Block& block)
    {
        for (const SequenceRun& run : block.runs) {
            if (const std::int32_t code = m_label->codes[std::size_t(run.sequence)]; code >= 0)
                value(std::size_t(code)).add(block, run);
        }
    }

    void add(const RiskDifferenceState& other)
    {
        for (std::size_t v = 0; v < m_values.size(); ++v) {
            if (other.m_values[v])
                value(v).add(*other.m_values[v]);
        }
    }

    void persist(Archive& archive)
    {
        for (std::size_t v = 0; v < m_values.size(); ++v) {
            if (archive.present(m_values[v].has_value()))
                value(v).persist(archive);
        }
    }

    void rows(std::vector<ResultRow>& rows) const
    {
        const std::size_t before = rows.size();
        LoadCounts all(*m_description);
        for (const auto& counts : m_values) {
            if (counts)
                all.add(*counts);
        }
        const auto reference = std::ranges::find(m_label->values, m_reference);
        for (std::size_t v = 0; v < m_values.size(); ++v) {
            const bool isReference = !m_reference.empty() && m_label->values[v] == m_reference;
            if (!m_values[v] || m_values[v]->tokens() == 0 || isReference)
                continue;
            const std::size_t first = rows.size();
            if (m_reference.empty())
                differences(rows, *m_values[v], all, m_values[v]->counts(), m_values[v]->tokens());
            else if (reference != m_label->values.end()) {
                const auto& counts = m_values[std::size_t(reference - m_label->values.begin())];
                differences(rows, *m_values[v], counts ? *counts : LoadCounts(*m_description), {}, 0);
            }
            for (std::size_t i = first; i < rows.size(); ++i)
                rows[i].label = {m_label->name, m_label->values[v]};
        }
        if (rows.size() == before) {
            const bool unknown = !m_reference.empty() && reference == m_label->values.end();
            rows.push_back(undefinedRow("risk_difference.max_abs",
                unknown ? "the label has no value '" + m_reference + "'"
                        : "no value of the label has tokens to compare"));
        }
        for (std::size_t i = before; i < rows.size(); ++i)
            rows[i].other["reference"] = m_reference.empty() ? "rest" : m_reference;
    }

private:
    LoadCounts& value(std::size_t v)
    {
        if (!m_values[v])
            m_values[v].emplace(*m_description);
        return *m_values[v];
    }

    /// The reference is `base` without `lessCounts` [E or empty] of `lessTokens`.
    void differences(std::vector<ResultRow>& rows, const LoadCounts& counts, const LoadCounts& base,
        std::span<const std::uint64_t> lessCounts, std::uint64_t lessTokens) const
    {
        ResultRow row;
        row.n = counts.tokens();
        const std::uint64_t baseTokens = base.tokens() - lessTokens;
        if (baseTokens == 0) {
            for (const char* name : {"risk_difference.max_abs", "risk_difference.above_tau"}) {
                row.metric = name;
                row.undefined = "the reference has no tokens";
                if (row.metric.ends_with("tau"))
                    row.params["tau"] = m_tau;
                rows.push_back(row);
            }
            return;
        }
        const unsigned E = counts.numExperts();
        double most = 0;
        std::uint64_t above = 0;
        row.metric = "risk_difference.value";
        row.uniform = 0;
        for (std::uint16_t e = 0; e < E; ++e) {
            const std::uint64_t chosen = base.counts()[e] - (lessCounts.empty() ? 0 : lessCounts[e]);
            const double difference =
                double(counts.counts()[e]) / double(counts.tokens()) - double(chosen) / double(baseTokens);
            most = std::max(most, std::abs(difference));
            above += difference > m_tau;
            row.expert = ExpertIndex(e);
            row.value = difference;
            rows.push_back(row);
        }
        row.expert.reset();
        // By chance a difference is nearly normal with this variance.
        const unsigned k = base.choicesPerToken() == counts.choicesPerToken() ? counts.choicesPerToken() : 0;
        const double a = double(k) / E;
        const double sd = std::sqrt(a * (1 - a) * (1 / double(counts.tokens()) + 1 / double(baseTokens)));
        const bool known = !m_valuesOnly && k && k <= E;
        row.metric = "risk_difference.max_abs";
        row.value = most;
        row.uniform = known ? std::optional(sd * largestNormal(E)) : std::nullopt;
        rows.push_back(row);
        row.metric = "risk_difference.above_tau";
        row.unit = "experts";
        row.params["tau"] = m_tau;
        row.value = double(above);
        row.uniform =
            known && sd > 0 ? std::optional(E * std::erfc(m_tau / sd / std::numbers::sqrt2) / 2) : std::nullopt;
        rows.push_back(row);
    }

    const Label* m_label;
    const Site* m_description;
    std::string m_reference;
    double m_tau;
    bool m_valuesOnly;
    std::vector<std::optional<LoadCounts>> m_values; ///< by label value, made when first seen
};

}

MetricSpec riskDifferenceMetric()
{
    return {
        .name = "risk_difference",
        .definition =
            "rate at which a label value's tokens choose the expert minus the rate of the reference (a value, or "
            "all other values); the largest; number of experts above tau; n = tokens of the value",
        .source = "SteerMoE's risk difference; tau: arXiv 2510.04694 (0.25 to 0.5)",
        .needsLabel = true,
        .params = {{.name = "reference",
                       .standard = "",
                       .meaning = "the label value to compare with; empty: the rest",
                       .kind = ParameterSpec::Kind::Text},
            {"tau", "0.3", "difference above which an expert is one of the value", ParameterSpec::Kind::Number, -1, 1,
                false}},
        .make =
            [](const MetricContext& context) {
                return std::make_unique<PerSiteAccumulator<RiskDifferenceState>>(context, true);
            },
    };
}

}
