// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which experts to fine-tune for a task (metrics 7): ESFT's token and gate score, and the experts that it selects by
// them. The scores are those of the paper (arXiv 2407.01906) and of the summary.json that the authors published: over
// tokens. Their script (generate_expert_config.py) has since come to normalise over layers. The selection is the
// script's: experts in order of score until their sum has reached p.
#include "analysis/chance/selection_chance.h"
#include "analysis/counts/load_counts.h"
#include "analysis/counts/probabilities.h"
#include "analysis/metrics/importance/expert_list.h"
#include "analysis/spine/fixed_sum.h"

#include <cmath>

namespace expertscope {

namespace {

constexpr double kRounding = 1e-12;

/// Where a site's raw softmax weights come from.
enum class GateSource
{
    Weights,
    Logits,
    None
};

class EsftState
{
public:
    EsftState(const MetricContext& context, SiteIndex site)
        : m_site(context.shape->sites[std::size_t(site)])
        , m_share(context.params.number("p"))
        , m_valuesOnly(context.valuesOnly)
        , m_load(m_site)
        , m_gates(m_site.numExperts)
    {
        const Columns& recorded = context.shape->columns;
        if (m_site.score != ScoreFunction::Softmax)
            m_reason = "scores are " + scoresInWords(m_site.score) + ": there are no softmax weights";
        else if (recorded.weights && m_site.renormalisation == Renormalisation::None && m_site.scaling == 1)
            m_source = GateSource::Weights;
        else if (recorded.logits)
            m_source = GateSource::Logits;
        else if (recorded.weights)
            m_reason = "weights are renormalised or scaled, and logits are not recorded";
        else
            m_reason = "the trace does not hold weights, or logits";
    }

    void observe(const Block& block, ChoiceBits& bits)
    {
        for (const SequenceRun& run : block.runs)
            m_load.add(block, bits, run);
        if (m_source != GateSource::None)
            forEachChoosingToken(block, [&](std::size_t t) { addGates(block, t); });
    }

    void add(const EsftState& other)
    {
        m_load.add(other.m_load);
        for (std::size_t e = 0; e < m_gates.size(); ++e)
            m_gates[e].add(other.m_gates[e]);
        m_gateTokens += other.m_gateTokens;
    }

    void persist(Archive& archive)
    {
        archive(m_load, m_gateTokens);
        archive.fixed(m_gates);
    }

    void rows(std::vector<ResultRow>& rows) const
    {
        const double E = m_site.numExperts, choices = double(m_load.choices());
        std::vector<double> scores;
        for (const std::uint64_t count : m_load.counts())
            scores.push_back(double(count) / choices);
        // By chance a count is the sum of independent choices.
        const double sd = std::sqrt(std::max(0.0, 1 - m_load.sizes().worth().size / E) / E / choices);
        append(rows, "token", scores, m_load.tokens(), kNoTokens, {1 / E, sd}, m_share);
        for (std::size_t e = 0; e < m_gates.size(); ++e)
            scores[e] = m_gates[e].sum() / double(m_gateTokens);
        // Of equal softmax weights: 1 / E where chosen.
        const double perToken = m_load.sizes().mean();
        append(rows, "gate", scores, m_gateTokens, m_reason.empty() ? kNoTokens : m_reason,
            {perToken / E / E, perToken / E * sd}, m_share * E / perToken);
    }

private:
    /// Tokens with a weight or a logit that is no number are left out.
    void addGates(const Block& block, std::size_t t)
    {
        const auto choices = choicesOf(block, t);
        if (m_source == GateSource::Logits && !softmax(logitsOf(block, t), m_p))
            return;
        m_weights.assign(choices.size(), 0);
        for (std::size_t r = 0; r < choices.size(); ++r) {
            if (choices[r] >= m_site.numExperts)
                continue;
            m_weights[r] =
                m_source == GateSource::Logits ? m_p[choices[r]] : double(block.weights[t * choices.size() + r]);
            if (!std::isfinite(m_weights[r]))
                return;
        }
        ++m_gateTokens;
        for (std::size_t r = 0; r < choices.size(); ++r) {
            if (choices[r] < m_site.numExperts)
                m_gates[choices[r]].add(m_weights[r]);
        }
    }

    /// `share`: of the choices, that the selected experts have by chance.
    void append(std::vector<ResultRow>& rows, const std::string& kind, const std::vector<double>& scores,
        std::uint64_t n, const std::string& reason, const ChanceValue& chance, double share) const
    {
        ResultRow row;
        row.n = n;
        if (n) {
            row.metric = "esft." + kind + "_score";
            setUniform(row, chance);
            for (std::uint16_t e = 0; e < scores.size(); ++e) {
                row.expert = ExpertIndex(e);
                row.value = scores[e];
                rows.push_back(row);
            }
            row.expert.reset();
            row.uniform.reset();
            row.uniformSd.reset();
        }
        row.metric = "esft." + kind + "_selected";
        row.params["p"] = m_share;
        row.value.reset();
        if (n) {
            std::vector<std::uint16_t> selected;
            double sum = 0;
            std::vector<double> rounded; // scores that differ only by rounding are ties
            for (const double score : scores)
                rounded.push_back(std::round(score / kRounding));
            for (const std::uint16_t e : expertsByScore(rounded)) {
                if (sum >= m_share - kRounding)
                    break;
                selected.push_back(e);
                sum += scores[e];
            }
            row.value = double(selected.size());
            row.unit = "experts";
            row.extreme = true;
            row.other[kExperts] = expertList(selected);
            if (!m_valuesOnly) {
                const EqualSets sets = m_load.sizes().worth();
                setUniform(row, uniformSelected(m_site.numExperts, sets.size, sets.tokens, share));
            }
        } else {
            row.undefined = reason;
        }
        rows.push_back(std::move(row));
    }

    const Site m_site;
    const double m_share;
    GateSource m_source = GateSource::None;
    std::string m_reason; ///< why there is no gate score
    bool m_valuesOnly; ///< nobody looks at what chance gives
    LoadCounts m_load;
    std::uint64_t m_gateTokens = 0;
    std::vector<FixedSum> m_gates; ///< [E]
    std::vector<double> m_p, m_weights; ///< scratch
};

}

MetricSpec esftMetric()
{
    return {
        .name = "esft",
        .definition =
            "token score: c / (N k), N k being the choices made; gate score: mean over tokens of the raw softmax weight where "
            "chosen; selected: the fewest experts, by score, whose scores reach p; n = tokens",
        .source = "ESFT (arXiv 2407.01906), as in its published expert scores; p 0.2 as in its expert configs",
        .likes = {{.weights = true, .logits = true}, {.weights = true}, {.logits = true}},
        .ranges = {{"esft.token_score", kShare}, {"esft.gate_score", kShare}, {"esft.token_selected", kNoInterval},
            {"esft.gate_selected", kNoInterval}},
        .params = {{"p", "0.2", "sum of scores to be reached", ParameterSpec::Kind::Number, 0, 1, false}},
        .make =
            [](const MetricContext& context) { return std::make_unique<ExpertListAccumulator<EsftState>>(context); },
    };
}

}
