// SPDX-License-Identifier: GPL-3.0-or-later
//
// Whether one run's choices would stand in another: share of a trace's choices that the final trace scores far below
// the weakest expert it chose itself. The rule by which prime-rl #2703 replaces replayed experts.
#include "analysis/counts/probabilities.h"
#include "analysis/metrics/checkpoints/series_accumulator.h"
#include "analysis/metrics/consistency/consistency.h"
#include "analysis/spine/fixed_sum.h"

namespace expertscope {

namespace {

class ReplayState
{
public:
    ReplayState(const MetricContext& context, SiteIndex site)
        : m_names(context.series)
        , m_description(context.shape->sites[std::size_t(site)])
        , m_ratios(sortedNumbers(context, "ratio"))
        , m_choices(m_names.size() - 1)
        , m_below(m_choices.size() * m_ratios.size())
        , m_byChance(m_below.size())
    {
    }

    void observe(const Traces& traces)
    {
        const Block& final = *traces.back();
        forEachChoosingToken(final, [&](std::size_t t) {
            if (!routerProbabilities(m_description, logitsOf(final, t), m_scores))
                return;
            assignSet(final, t, m_set);
            double weakest = 1;
            for (const std::uint16_t e : m_set)
                weakest = std::min(weakest, m_scores[e]);
            for (std::size_t c = 0; c < m_choices.size(); ++c) {
                assignSet(*traces[c], t, m_set);
                m_choices[c] += m_set.size();
                for (std::size_t r = 0; r < m_ratios.size() && !m_set.empty(); ++r) {
                    const auto isBelow = [&](double score) { return score < m_ratios[r] * weakest; };
                    const std::size_t at = c * m_ratios.size() + r;
                    for (const std::uint16_t e : m_set)
                        m_below[at] += isBelow(m_scores[e]);
                    m_byChance[at].add(double(std::ranges::count_if(m_scores, isBelow)) / double(m_scores.size())
                        * double(m_set.size()));
                }
            }
        });
    }

    void add(const ReplayState& other)
    {
        for (std::size_t c = 0; c < m_choices.size(); ++c)
            m_choices[c] += other.m_choices[c];
        for (std::size_t i = 0; i < m_below.size(); ++i) {
            m_below[i] += other.m_below[i];
            m_byChance[i].add(other.m_byChance[i]);
        }
    }

    void persist(Archive& archive)
    {
        archive.fixed(m_choices);
        archive.fixed(m_below);
        archive.fixed(m_byChance);
    }

    void rows(std::vector<ResultRow>& rows) const
    {
        const bool none =
            m_description.score == ScoreFunction::Identity || m_description.score == ScoreFunction::SparseMixer;
        for (std::size_t c = 0; c < m_choices.size(); ++c) {
            for (std::size_t r = 0; r < m_ratios.size(); ++r) {
                const std::size_t at = c * m_ratios.size() + r;
                ResultRow& row = rows.emplace_back();
                row.metric = "replay.replaced";
                row.params["ratio"] = m_ratios[r];
                row.other["trace"] = m_names[c];
                row.n = m_choices[c];
                if (m_choices[c] == 0) {
                    row.undefined = none ? "scores are " + scoresInWords(m_description.score) + ": no probabilities"
                                         : "no tokens with a choice and logits in the traces compared";
                    continue;
                }
                row.value = double(m_below[at]) / double(m_choices[c]);
                row.uniform = m_byChance[at].sum() / double(m_choices[c]);
            }
        }
    }

private:
    std::vector<std::string> m_names;
    const Site& m_description;
    std::vector<double> m_ratios; ///< ascending
    std::vector<std::uint64_t> m_choices; ///< [C - 1] of the trace
    std::vector<std::uint64_t> m_below; ///< [C - 1, ratios] of them, below the line
    std::vector<FixedSum> m_byChance; ///< the same of random choices, on average
    std::vector<double> m_scores; ///< scratch
    std::vector<std::uint16_t> m_set; ///< scratch
};

}

MetricSpec replayMetric()
{
    return {
        .name = "replay",
        .definition =
            "share of a trace's choices whose probability in the final trace is less than `ratio` times that of "
            "the weakest expert that the final trace chose for the token; n = choices of the trace",
        .source = "prime-rl #2703: replaced choices of a replay",
        .needs = {{.logits = true}},
        .minTraces = 2,
        .crossSite = true,
        .ranges = {{"replay.replaced", kShare}},
        .params = {{.name = "ratio",
            .standard = "0.5/1",
            .meaning = "of the weakest chosen probability",
            .kind = ParameterSpec::Kind::Numbers,
            .least = 0,
            .most = 1e9}},
        .make = [](const MetricContext& context) { return std::make_unique<SeriesAccumulator<ReplayState>>(context); },
    };
}

}
