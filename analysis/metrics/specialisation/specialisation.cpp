// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which experts the sequences of one label value prefer (metrics 3.3).
#include "analysis/chance/balance_chance.h"
#include "analysis/counts/balance_stats.h"
#include "analysis/counts/by_value.h"
#include "analysis/counts/load_counts.h"
#include "analysis/spine/per_site.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace expertscope {

namespace {

constexpr double kEnoughChoices = 16; ///< an expert: below it there is no closed form

/// Loads of one label value: of all choices, and of the first choice alone.
struct ValueCounts
{
    explicit ValueCounts(const Site& site)
        : all(site)
        , first(site)
    {
    }
    void add(const ValueCounts& other)
    {
        all.add(other.all);
        first.add(other.first);
    }
    void persist(Archive& archive) { archive(all, first); }

    LoadCounts all, first;
};

class SpecialisationState
{
public:
    SpecialisationState(const MetricContext& context, SiteIndex site)
        : m_label(context.by)
        , m_description(&context.shape->sites[std::size_t(site)])
        , m_valuesOnly(context.valuesOnly)
        , m_values(*context.by, [site = m_description] { return ValueCounts(*site); })
    {
    }

    void observe(const Block& block)
    {
        for (const SequenceRun& run : block.runs) {
            const std::int32_t code = m_label->codes[std::size_t(run.sequence)];
            if (code < 0)
                continue;
            ValueCounts& counts = m_values.of(std::size_t(code));
            counts.all.add(block, run);
            counts.first.add(block, run, 1);
        }
    }

    void add(const SpecialisationState& other) { m_values.add(other.m_values); }
    void persist(Archive& archive) { m_values.persist(archive); }

    void rows(std::vector<ResultRow>& rows) const
    {
        for (const auto& [prefix, part] :
            {std::pair("specialisation", &ValueCounts::all), std::pair("specialisation_top1", &ValueCounts::first)}) {
            std::vector<const LoadCounts*> seen;
            for (std::size_t v = 0; v < m_values.size(); ++v) {
                if (!m_values[v] || ((*m_values[v]).*part).choices() == 0)
                    continue;
                seen.push_back(&((*m_values[v]).*part));
                const std::size_t first = rows.size();
                valueRows(rows, prefix, *seen.back(), m_valuesOnly);
                for (std::size_t i = first; i < rows.size(); ++i)
                    rows[i].label = {m_label->name, m_label->values[v]};
            }
            rows.push_back(divergence(prefix, seen));
        }
    }

private:
    static void valueRows(
        std::vector<ResultRow>& rows, const std::string& prefix, const LoadCounts& counts, bool valuesOnly)
    {
        const double tokens = double(counts.tokens());
        const unsigned E = counts.numExperts();
        const double rate = double(counts.choices()) / tokens / E; // k / E
        const EqualSets sets = counts.sizes().worth();
        ResultRow row;
        row.n = counts.tokens();
        const auto add = [&](const char* name, double value, const ChanceValue& chance) {
            row.metric = prefix + name;
            row.value = value;
            setUniform(row, chance);
            rows.push_back(row);
        };
        const double sd = std::sqrt(rate * std::max(0.0, 1 - sets.size / E) / tokens);
        for (unsigned e = 0; e < E; ++e) {
            row.expert = ExpertIndex(static_cast<std::uint16_t>(e));
            add(".share", double(counts.counts()[e]) / tokens, {rate, sd});
        }
        // What chance alone gives for the extremes: they lie off k / E, the more so the fewer tokens there are.
        const UniformBalance chance = valuesOnly ? UniformBalance() : uniformBalance(E, sets);
        const BalanceStats stats = balanceStats(counts.counts());
        const auto [least, most] = std::ranges::minmax_element(counts.counts());
        const auto expert = [&](auto it) { return ExpertIndex(std::uint16_t(it - counts.counts().begin())); };
        row.extreme = true;
        row.expert = expert(std::ranges::max_element(counts.counts())); // ties: the lower id
        add(".max_share", double(*most) / tokens, {rate * (1 + chance.maxVio), rate * chance.sd.maxVio});
        row.expert = expert(least);
        add(".min_share", double(*least) / tokens, {rate * chance.minLoad, rate * chance.sd.minLoad});
        row.expert.reset();
        row.extreme = false;
        add(".max_vio", stats.maxVio, {chance.maxVio, chance.sd.maxVio});
        if (const double logE = std::log(E); E > 1) {
            row.unit = "log E";
            add(".entropy", stats.entropy / logE, {1 - chance.kl / logE, chance.sd.kl / logE});
        }
    }

    /// Jensen-Shannon divergence of the values' load shares, each value weighing the same: 0 when all route alike,
    /// log(number of values) when no two share an expert.
    ResultRow divergence(const std::string& prefix, const std::vector<const LoadCounts*>& values) const
    {
        const std::string metric = prefix + ".jsd";
        if (values.size() < 2)
            return undefinedRow(metric, "needs two values of the label with tokens");
        ResultRow row;
        row.metric = metric;
        row.unit = "nats";
        const double V = double(values.size());
        std::vector<double> mixture(values.front()->numExperts());
        double entropies = 0, noise = 0;
        bool enough = true;
        for (const LoadCounts* counts : values) {
            for (std::size_t e = 0; e < mixture.size(); ++e)
                mixture[e] += double(counts->counts()[e]) / double(counts->choices()) / V;
            entropies += balanceStats(counts->counts()).entropy;
            const double perExpert = double(counts->choices()) / double(mixture.size());
            noise += std::max(0.0, 1 - counts->sizes().worth().size / double(mixture.size())) / perExpert;
            enough &= perExpert >= kEnoughChoices;
            row.n += counts->tokens();
        }
        double entropy = 0;
        for (const double q : mixture)
            entropy -= q > 0 ? q * std::log(q) : 0;
        row.value = std::max(0.0, entropy - entropies / V);
        // Chance: half the variance of relative load between the values, to first order in 1 / (choices an expert).
        // Times twice the choices it is nearly chi squared.
        const double uniform = noise / V * (1 - 1 / V) / 2, degrees = (V - 1) * (double(mixture.size()) - 1);
        if (enough)
            setUniform(row, {uniform, degrees > 0 ? uniform * std::sqrt(2 / degrees) : 0});
        else
            row.uniformUndefined = "a value of the label has fewer than 16 choices an expert";
        return row;
    }

    const Label* m_label;
    const Site* m_description;
    bool m_valuesOnly; ///< nobody looks at what chance gives
    ByValue<ValueCounts> m_values;
};

}

MetricSpec specialisationMetric()
{
    return {
        .name = "specialisation",
        .definition = "share of a label value's tokens that choose the expert, N(E,D) / N(D); its extremes, MaxVio and "
                      "entropy / log E; JSD between the values; _top1: of the first choice alone; n = tokens",
        .source = "OLMoE (arXiv 2409.02060) section 5.3",
        .needsLabel = true,
        .ranges = {{"specialisation.share", kShare}, {"specialisation.max_share", kShare},
            {"specialisation.min_share", kShare}, {"specialisation.max_vio", kNotNegative},
            {"specialisation.entropy", kShare}, {"specialisation.jsd", kNotNegative}, {"specialisation_top1.share", kShare},
            {"specialisation_top1.max_share", kShare}, {"specialisation_top1.min_share", kShare},
            {"specialisation_top1.max_vio", kNotNegative}, {"specialisation_top1.entropy", kShare},
            {"specialisation_top1.jsd", kNotNegative}},
        .anyTokens = true,
        .make =
            [](const MetricContext& context) {
                return std::make_unique<PerSiteAccumulator<SpecialisationState>>(context);
            },
    };
}

}
