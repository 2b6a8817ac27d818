// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which experts could be merged (metrics 7): MC-SMoE's router-logit similarity and its grouping around dominant
// experts, as its mcsmoe/merging/grouping_mixtral.py has them. Only the usage differs: it is of the choices the model
// made, where the script takes the top two logits anew.
#include "analysis/counts/gram_matrix.h"
#include "analysis/counts/load_counts.h"
#include "analysis/counts/probabilities.h"
#include "analysis/metrics/importance/expert_list.h"

#include <cmath>
#include <functional>
#include <limits>

namespace expertscope {

namespace {

class LogitState
{
public:
    LogitState(const MetricContext& context, SiteIndex site)
        : m_gram(context.shape->sites[std::size_t(site)].numExperts)
        , m_usage(context.shape->sites[std::size_t(site)])
    {
    }

    void observe(const Block& block)
    {
        forEachChoosingToken(block, [&](std::size_t t) { m_gram.add(logitsOf(block, t)); });
        m_gram.flush();
        for (const SequenceRun& run : block.runs)
            m_usage.add(block, run);
    }
    void add(const LogitState& other)
    {
        m_gram.add(other.m_gram);
        m_usage.add(other.m_usage);
    }
    void persist(Archive& archive) { archive(m_gram, m_usage); }

    void rows(std::vector<ResultRow>& rows) const
    {
        ResultRow row;
        row.metric = "mc_smoe.max_similarity";
        row.n = m_gram.tokens();
        for (std::size_t i = 0; i < numExperts(); ++i) {
            for (std::size_t j = 0; j < i; ++j) {
                if (const double alike = similarity(i, j); !row.value || alike > *row.value)
                    row.value = std::isnan(alike) ? row.value : std::optional(alike);
            }
        }
        if (row.value)
            row.value = shown(*row.value);
        else
            row.undefined =
                m_gram.tokens() ? "no two experts have logits other than 0" : "no tokens with a choice and finite logits";
        rows.push_back(std::move(row));
    }

    void matrices(std::vector<ResultMatrix>& matrices) const
    {
        ResultMatrix matrix;
        matrix.metric = "mc_smoe.similarity";
        matrix.n = m_gram.tokens();
        matrix.axes = {expertAxis("expert", numExperts()), expertAxis("with", numExperts())};
        for (std::size_t i = 0; i < numExperts(); ++i) {
            for (std::size_t j = 0; j < numExperts(); ++j)
                matrix.values.push_back(shown(similarity(i, j)));
        }
        matrices.push_back(std::move(matrix));
    }

    std::size_t numExperts() const { return m_usage.numExperts(); }
    bool usable() const { return m_usage.choices() && m_gram.tokens(); }
    std::uint64_t tokens() const { return m_gram.tokens(); }
    /// Share of the site's choices, by expert.
    std::vector<double> usage() const
    {
        std::vector<double> shares;
        for (const std::uint64_t count : m_usage.counts())
            shares.push_back(double(count) / double(m_usage.choices()));
        return shares;
    }
    double similarity(std::size_t i, std::size_t j) const
    {
        return i == j && m_gram.tokens() ? 1 : (m_gram.cosine(i, j) + 1) / 2;
    }
    /// To as many digits as the sums are good for: logits enter them in steps of 2^-18.
    static double shown(double similarity) { return std::round(similarity * 1e6) / 1e6; }

private:
    GramMatrix m_gram;
    LoadCounts m_usage;
};

class McSmoe final : public PerSiteAccumulator<LogitState>
{
public:
    using PerSiteAccumulator::PerSiteAccumulator;

    /// Adds the groups: what is dominant at a site depends on the usage at all of them.
    Results result() const override
    {
        Results results = PerSiteAccumulator::result();
        const double threshold = dominantFrom();
        for (const SiteIndex site : context().sites) {
            const std::size_t first = results.rows.size();
            appendGroups(results.rows, seen(site), threshold);
            for (std::size_t i = first; i < results.rows.size(); ++i) {
                results.rows[i].site = site;
                results.rows[i].params["groups"] = context().params.number("groups");
            }
        }
        appendSiteMeans(results.rows);
        return results;
    }

private:
    /// The usage that a dominant expert must exceed: all sites' usages in one list, the largest of each site taken as
    /// 1, the first one after as many as there are to be groups.
    double dominantFrom() const
    {
        std::vector<double> all;
        double wanted = 0;
        const double groups = context().params.number("groups");
        for (const SiteIndex site : context().sites) {
            if (!seen(site) || !seen(site)->usable())
                continue;
            std::vector<double> usage = seen(site)->usage();
            *std::ranges::max_element(usage) = 1;
            all.insert(all.end(), usage.begin(), usage.end());
            wanted += groups > 0 ? groups : std::floor(double(usage.size()) / 2 + 0.5);
        }
        if (all.empty())
            return 1;
        std::ranges::sort(all, std::greater());
        return all[std::size_t(std::min(wanted, double(all.size() - 1)))];
    }

    static void appendGroups(std::vector<ResultRow>& rows, const LogitState* state, double threshold)
    {
        if (!state || !state->usable()) {
            rows.push_back(undefinedRow("mc_smoe.dominant", "no tokens with a choice and finite logits"));
            return;
        }
        const std::vector<double> usage = state->usage();
        std::vector<std::uint16_t> dominant = expertsByScore(usage);
        const auto numDominant = 1 + std::ranges::count_if(dominant.begin() + 1, dominant.end(), [&](std::uint16_t e) {
            return usage[e] > threshold;
        }); // the most used one always is
        dominant.resize(std::size_t(numDominant));
        ResultRow row;
        row.metric = "mc_smoe.group";
        row.unit = "expert";
        row.n = state->tokens();
        for (std::uint16_t e = 0; e < usage.size(); ++e) {
            row.expert = ExpertIndex(e);
            row.value = groupOf(*state, e, dominant);
            rows.push_back(row);
        }
        row.metric = "mc_smoe.dominant";
        row.unit = "experts";
        row.expert.reset();
        row.value = double(dominant.size());
        rows.push_back(row);
    }

    /// The dominant expert most like it; ties: the more used one.
    static std::uint16_t groupOf(
        const LogitState& state, std::uint16_t expert, const std::vector<std::uint16_t>& dominant)
    {
        std::uint16_t group = dominant.front();
        double most = -1; // an expert without logits goes to the most used one
        for (const std::uint16_t d : dominant) {
            if (d == expert)
                return d;
            if (const double alike = state.similarity(expert, d); alike > most) {
                most = alike;
                group = d;
            }
        }
        return group;
    }
};

}

MetricSpec mcSmoeMetric()
{
    return {
        .name = "mc_smoe",
        .definition = "similarity of two experts: (cosine of their router logits over all tokens + 1) / 2; dominant: "
                      "experts used more than a threshold common to all sites, that leaves `groups` a site on average; "
                      "group: id of the dominant expert most like it; n = tokens",
        .source = "MC-SMoE (arXiv 2310.01334), as its grouping_mixtral.py",
        .needs = {{.logits = true}},
        .ranges = {{"mc_smoe.max_similarity", kShare}, {"mc_smoe.group", kNoInterval}, {"mc_smoe.dominant", kNoInterval}},
        .noUniform = "routing by chance has no logits",
        .onRequest = true,
        .cost = 30,
        .params = {{"groups", "0", "dominant experts a site, on average; 0: half of them", ParameterSpec::Kind::Number,
            0, 65535, true}},
        .make = [](const MetricContext& context) { return std::make_unique<McSmoe>(context); },
    };
}

}
