// SPDX-License-Identifier: GPL-3.0-or-later
//
// Expert attribution of SEUF / UOE (arXiv 2411.18797; metrics 7): mean affinity of the router for each expert over a
// forget set (`--where` or `--by` says which), and the one expert of the whole model that has the largest.
#include "analysis/counts/probabilities.h"
#include "analysis/spine/fixed_sum.h"
#include "analysis/spine/per_site.h"

#include <vector>

namespace expertscope {

namespace {

class AffinityScoreState
{
public:
    AffinityScoreState(const MetricContext& context, SiteIndex site)
        : m_site(context.shape->sites[std::size_t(site)])
        , m_sums(m_site.numExperts)
    {
    }

    void observe(const Block& block)
    {
        forEachChoosingToken(block, [&](std::size_t t) {
            if (!routerProbabilities(m_site, logitsOf(block, t), m_p))
                return;
            for (std::size_t e = 0; e < m_p.size(); ++e)
                m_sums[e].add(m_p[e]);
        });
    }
    void add(const AffinityScoreState& other)
    {
        for (std::size_t e = 0; e < m_sums.size(); ++e)
            m_sums[e].add(other.m_sums[e]);
    }
    void persist(Archive& archive) { archive.fixed(m_sums); }

    void rows(std::vector<ResultRow>& rows) const
    {
        ResultRow row;
        row.metric = "uoe.affinity";
        row.uniform = 1.0 / m_site.numExperts;
        for (std::uint16_t e = 0; e < m_sums.size(); ++e) {
            row.n = m_sums[e].n();
            if (row.n == 0) {
                const bool probable =
                    m_site.score != ScoreFunction::Identity && m_site.score != ScoreFunction::SparseMixer;
                rows.push_back(undefinedRow("uoe.affinity",
                    probable ? "no tokens with a choice and finite logits"
                             : "scores are " + scoresInWords(m_site.score) + ", not probabilities"));
                return;
            }
            row.expert = ExpertIndex(e);
            row.value = m_sums[e].mean();
            rows.push_back(row);
        }
    }

private:
    const Site m_site;
    std::vector<FixedSum> m_sums; ///< [E]
    std::vector<double> m_p; ///< scratch
};

class ExpertAttribution final : public PerSiteAccumulator<AffinityScoreState>
{
public:
    using PerSiteAccumulator::PerSiteAccumulator;

    /// Adds the largest of all; ties: the lower site, then the lower expert.
    Results result() const override
    {
        Results results = PerSiteAccumulator::result();
        const ResultRow* most = nullptr;
        std::uint64_t n = 0;
        for (const ResultRow& row : results.rows) {
            if (row.value && (!most || *row.value > *most->value))
                most = &row;
            if (row.expert && row.expert->value == 0)
                n += row.n;
        }
        ResultRow target = undefinedRow("uoe.target", "undefined at every site");
        if (most) {
            target.undefined.clear();
            target.value = most->value;
            target.n = n;
            target.uniform = most->uniform; // equal scores
            target.extreme = true;
            target.other = {
                {"site", std::to_string(most->site->value)}, {"expert", std::to_string(most->expert->value)}};
        }
        results.rows.push_back(std::move(target));
        return results;
    }
};

}

MetricSpec uoeMetric()
{
    return {
        .name = "uoe",
        .definition = "mean over tokens of the router's probability of each expert (softmax; sigmoid and sqrt-softplus "
                      "scores over their sum); target: the largest of the whole model; n = tokens",
        .source = "SEUF (arXiv 2411.18797), expert attribution",
        .needs = {{.logits = true}},
        .make = [](const MetricContext& context) { return std::make_unique<ExpertAttribution>(context); },
    };
}

}
