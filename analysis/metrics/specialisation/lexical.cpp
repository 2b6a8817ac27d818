// SPDX-License-Identifier: GPL-3.0-or-later
//
// How far experts have words of their own: divergence of the token ids that go to an expert from those of all choices
// of the site, less what so many choices drawn from the site's own ids would show (input side of arXiv 2604.02178,
// MoE_analysis spec.py, which takes the mean of ten such draws; here the exact expectation).
#include "analysis/counts/token_counts.h"
#include "analysis/spine/fixed_sum.h"
#include "analysis/spine/per_site.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace expertscope {

namespace {

constexpr const char* kDivergence = "lexical.jsd";
constexpr const char* kNull = "lexical.null";
constexpr const char* kLexicalExcess = "lexical.excess";

/// What a group with the share q of all choices and p of an expert's adds to their Jensen-Shannon divergence, bits.
double partOf(double p, double q)
{
    const double middle = (p + q) / 2;
    return (p > 0 ? p * std::log2(p / middle) : 0) / 2 + (q > 0 ? q * std::log2(q / middle) : 0) / 2;
}

/// Mean of partOf(X / n, q) for X of n choices drawn from all.
double meanPart(double n, double q)
{
    if (q >= 1)
        return 0;
    const double mean = n * q, sd = std::sqrt(mean * (1 - q));
    const double least = std::max(0.0, std::floor(mean - 9 * sd - 12)),
                 most = std::min(n, std::ceil(mean + 9 * sd + 20));
    double probability = least == 0 ? std::exp(n * std::log1p(-q))
                                    : std::exp(std::lgamma(n + 1) - std::lgamma(least + 1) - std::lgamma(n - least + 1)
                                        + least * std::log(q) + (n - least) * std::log1p(-q));
    double sum = 0, all = 0;
    for (double x = least; x <= most; ++x) {
        sum += probability * partOf(x / n, q);
        all += probability;
        probability *= (n - x) / (x + 1) * (q / (1 - q));
    }
    return sum / all;
}

class LexicalState
{
public:
    LexicalState(const MetricContext& context, SiteIndex site)
        : m_groups(context.params.number("groups"))
        , m_valuesOnly(context.valuesOnly)
        , m_counts(context.shape->sites[std::size_t(site)].numExperts)
    {
    }

    void observe(const Block& block)
    {
        for (const SequenceRun& run : block.runs)
            m_counts.add(block, run.begin, run.length, block.tokenIds.data() + run.begin, 0);
    }
    void add(const LexicalState& other) { m_counts.add(other.m_counts); }
    void persist(Archive& archive) { archive(m_counts); }

    void rows(std::vector<ResultRow>& rows) const
    {
        const Histograms of = histograms();
        const std::size_t E = m_counts.numExperts();
        if (of.choices == 0 || m_counts.overflowed()) {
            for (const char* name : {kDivergence, kNull, kLexicalExcess})
                rows.push_back(undefinedRow(name,
                    of.choices ? "an id occurs more often than can be counted"
                               : "no token with a known id has a choice"));
            return;
        }
        std::map<std::uint64_t, double> nulls; // experts with equally many choices share one
        const auto nullOf = [&](std::uint64_t n) {
            const auto [entry, isNew] = nulls.try_emplace(n);
            if (isNew) {
                FixedSum sum;
                for (const auto& [shares, count] : of.sites)
                    sum.add(double(count) * meanPart(double(n), double(shares) / double(of.choices)));
                entry->second = sum.sum();
            }
            return entry->second;
        };
        double divergence = 0, null = 0, experts = 0;
        std::vector<ResultRow> ofExperts;
        const double size = double(of.choices) / double(of.tokens), chance = m_valuesOnly ? 0 : nullOf(meanLoad(of));
        for (std::size_t e = 0; e < E; ++e) {
            ResultRow row = undefinedRow(kLexicalExcess, "never chosen");
            row.unit = "bits";
            row.params["groups"] = m_groups;
            row.expert = ExpertIndex(std::uint16_t(e));
            row.n = of.experts[e];
            if (of.experts[e]) {
                const double own = of.divergence[e].sum(), byChance = nullOf(of.experts[e]);
                row.undefined.clear();
                row.value = own - byChance;
                if (!m_valuesOnly)
                    row.uniform = -chance * size / double(E);
                divergence += own;
                null += byChance;
                ++experts;
            }
            ofExperts.push_back(std::move(row));
        }
        const auto add = [&](const char* name, double value, double uniform) {
            ResultRow& row = rows.emplace_back();
            row.metric = name;
            row.unit = "bits";
            row.params["groups"] = m_groups;
            row.n = of.choices;
            row.value = value / experts;
            if (!m_valuesOnly)
                row.uniform = uniform;
        };
        // By chance an expert's choices are drawn without putting back: they differ less than the null's.
        const double taken = size / double(E);
        add(kDivergence, divergence, chance * (1 - taken));
        add(kNull, null, chance);
        add(kLexicalExcess, divergence - null, -chance * taken);
        std::ranges::move(ofExperts, std::back_inserter(rows));
    }

private:
    struct Histograms
    {
        std::uint64_t tokens = 0, choices = 0;
        std::vector<std::uint64_t> experts; ///< [E] choices
        std::map<std::uint64_t, std::uint64_t> sites; ///< groups by how many of all choices they have
        std::vector<FixedSum> divergence; ///< [E]
    };

    std::uint64_t meanLoad(const Histograms& of) const
    {
        return std::max<std::uint64_t>(1, std::uint64_t(std::llround(double(of.choices) / m_counts.numExperts())));
    }

    Histograms histograms() const
    {
        const std::size_t E = m_counts.numExperts();
        Histograms of;
        of.experts.resize(E);
        of.divergence.resize(E);
        m_counts.forEach(1, [&](std::uint64_t n, std::span<const std::uint32_t> counts) {
            of.tokens += n;
            for (std::size_t e = 0; e < E; ++e)
                of.experts[e] += counts[e];
        });
        of.choices = std::accumulate(of.experts.begin(), of.experts.end(), std::uint64_t(0));
        std::vector<std::uint64_t> rest(E);
        const auto take = [&](auto counts) {
            const std::uint64_t all = std::accumulate(counts.begin(), counts.end(), std::uint64_t(0));
            if (all == 0)
                return;
            ++of.sites[all];
            for (std::size_t e = 0; e < E; ++e) {
                if (of.experts[e])
                    of.divergence[e].add(
                        partOf(double(counts[e]) / double(of.experts[e]), double(all) / double(of.choices)));
            }
        };
        m_counts.forEach(1, [&](std::uint64_t n, std::span<const std::uint32_t> counts) {
            if (double(n) * m_groups >= double(of.tokens))
                return take(counts);
            for (std::size_t e = 0; e < E; ++e)
                rest[e] += counts[e];
        });
        take(std::span<const std::uint64_t>(rest));
        return of;
    }

    double m_groups;
    bool m_valuesOnly;
    TokenCounts m_counts;
};

}

MetricSpec lexicalMetric()
{
    return {
        .name = "lexical",
        .definition =
            "Jensen-Shannon divergence (bits) of the token ids that choose an expert from those of all choices of the "
            "site, mean over the experts that are chosen; what as many choices drawn from all would show on average "
            "(null); the one minus the other, also of each expert. Ids with one in `groups` of the tokens or more "
            "stand for themselves, all others are one group; n = choices",
        .source =
            "input side of arXiv 2604.02178 (MoE_analysis spec.py), with ids for clusters of the vocabulary and the "
            "exact mean for ten draws of the multinomial null",
        .needs = {{.tokenIds = true}},
        .ranges = {{kDivergence, kNoInterval}, {kNull, kNoInterval}, {kLexicalExcess, kNoInterval}},
        .anyTokens = true,
        .onRequest = true,
        .params = {{"groups", "1000", "an id with one in so many tokens stands for itself", ParameterSpec::Kind::Number,
            1, 1e9, true}},
        .make =
            [](const MetricContext& context) {
                return std::make_unique<PerSiteAccumulator<LexicalState>>(context, true);
            },
    };
}

}
