// SPDX-License-Identifier: GPL-3.0-or-later
//
// Experts of a task or a language (metrics 5): the rate at which a label value's tokens choose an expert minus the rate
// of the reference's. SteerMoE's risk difference (a1/(a1+d1) - a2/(a2+d2), custom_steering.ipynb); with a threshold tau
// the task and language experts of arXiv 2510.04694.
#include "analysis/chance/chance_value.h"
#include "analysis/counts/by_value.h"
#include "analysis/counts/load_counts.h"
#include "analysis/spine/per_site.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace expertscope {

namespace {

double normalBelow(double z)
{
    return std::erfc(-z / std::numbers::sqrt2) / 2;
}

/// The largest |z + shift| of E standard normals z that add up to 0: as if they were independent (Simpson on the
/// probability that one lies above), and a correction found by simulation, good to 0.3 % from E = 3 on.
ChanceValue largestNormal(unsigned E, double shift)
{
    if (E < 2)
        return {std::abs(shift), 0};
    if (E == 2 && shift == 0)
        return {std::sqrt(2 / std::numbers::pi), std::sqrt(1 - 2 / std::numbers::pi)};
    constexpr int kSteps = 1800;
    const double last = 9 + std::abs(shift), width = last / kSteps;
    double sum = 0, squares = 0;
    for (int i = 0; i <= kSteps; ++i) {
        const double x = i * width, simpson = (i == 0 || i == kSteps ? 1 : i % 2 ? 4 : 2) * width / 3;
        const double above = 1 - std::pow(std::max(0.0, normalBelow(x - shift) - normalBelow(-x - shift)), E);
        sum += simpson * above;
        squares += simpson * 2 * x * above;
    }
    const double correction = 1 + 1.0 / E / E;
    return {sum / correction, std::sqrt(std::max(0.0, squares - sum * sum)) / correction};
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
        , m_values(*context.by, [site = m_description] { return LoadCounts(*site); })
    {
    }

    void observe(const Block& block)
    {
        for (const SequenceRun& run : block.runs) {
            if (const std::int32_t code = m_label->codes[std::size_t(run.sequence)]; code >= 0)
                m_values.of(std::size_t(code)).add(block, run);
        }
    }

    void add(const RiskDifferenceState& other) { m_values.add(other.m_values); }
    void persist(Archive& archive) { m_values.persist(archive); }

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
        // By chance a difference is nearly normal with this mean (0 but where the numbers of choices differ) and variance.
        const auto rateOf = [E](std::uint64_t choices, std::uint64_t tokens) { return double(choices) / double(tokens) / E; };
        const std::uint64_t lessChoices = std::accumulate(lessCounts.begin(), lessCounts.end(), std::uint64_t(0));
        const double rate = rateOf(counts.choices(), counts.tokens());
        const double baseRate = rateOf(base.choices() - lessChoices, baseTokens);
        const auto variance = [E](double a, const LoadCounts& of, double tokens) {
            return a * std::max(0.0, 1 - of.sizes().worth().size / E) / tokens;
        };
        const double shift = rate - baseRate;
        const double sd = std::sqrt(
            variance(rate, counts, double(counts.tokens())) + variance(baseRate, base, double(baseTokens)));
        row.metric = "risk_difference.value";
        setUniform(row, {shift, sd});
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
        const auto addOfAll = [&](const char* metric, double value, const ChanceValue& chance) {
            row.metric = metric;
            row.value = value;
            if (m_valuesOnly) {
                row.uniform.reset();
                row.uniformSd.reset();
            } else {
                setUniform(row, chance);
            }
            rows.push_back(row);
        };
        const ChanceValue largest = m_valuesOnly || sd == 0 ? ChanceValue() : largestNormal(E, shift / sd);
        addOfAll("risk_difference.max_abs", most,
            sd > 0 ? ChanceValue{sd * largest.mean, sd * largest.sd} : ChanceValue{std::abs(shift), 0});
        const double share = sd > 0 ? normalBelow((shift - m_tau) / sd) : double(shift > m_tau);
        row.unit = "experts";
        row.params["tau"] = m_tau;
        addOfAll("risk_difference.above_tau", double(above), {E * share, std::sqrt(E * share * (1 - share))});
    }

    const Label* m_label;
    const Site* m_description;
    std::string m_reference;
    double m_tau;
    bool m_valuesOnly;
    ByValue<LoadCounts> m_values;
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
        .ranges = {{"risk_difference.value", {-1, 1}}, {"risk_difference.max_abs", kShare},
            {"risk_difference.above_tau", kNoInterval}},
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
