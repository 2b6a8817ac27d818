// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which experts to fine-tune for a task (metrics 7): ESFT's token and gate score, and the experts that it selects by
// them. The scores are those of the paper (arXiv 2407.01906) and of the summary.json that the authors published: over
// tokens. Their script (generate_expert_config.py) has since come to normalise over layers. The selection is the
// script's: experts in order of score until their sum has reached p.
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
        , m_byFilled(std::size_t(context.shape->numSlots) + 1)
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
            countChoices(block, bits, run);
        if (m_source != GateSource::None)
            forEachToken(block, [&](std::size_t t) { addGates(block, t); });
    }

    void add(const EsftState& other)
    {
        for (std::size_t filled = 0; filled < m_byFilled.size(); ++filled) {
            if (other.m_byFilled[filled].empty())
                continue;
            std::vector<std::uint64_t>& counts = countsFor(filled);
            for (std::size_t e = 0; e < counts.size(); ++e)
                counts[e] += other.m_byFilled[filled][e];
        }
        m_tokens += other.m_tokens;
        m_choices += other.m_choices;
        for (std::size_t e = 0; e < m_gates.size(); ++e)
            m_gates[e].add(other.m_gates[e]);
        m_gateTokens += other.m_gateTokens;
    }

    void persist(Archive& archive)
    {
        archive(m_tokens, m_choices, m_gateTokens);
        for (std::size_t filled = 0; filled < m_byFilled.size(); ++filled) {
            if (archive.present(!m_byFilled[filled].empty()))
                archive.fixed(countsFor(filled));
        }
        archive.fixed(m_gates);
    }

    void rows(std::vector<ResultRow>& rows) const
    {
        const double E = m_site.numExperts;
        std::vector<double> scores(m_site.numExperts);
        for (std::size_t filled = 1; filled < m_byFilled.size(); ++filled) {
            for (std::size_t e = 0; e < m_byFilled[filled].size(); ++e)
                scores[e] += double(m_byFilled[filled][e]) / double(filled) / double(m_tokens);
        }
        append(rows, "token", scores, m_tokens, kNoTokens, 1 / E);
        if (m_tokens) // for chance the most that p of equal scores asks for
            rows.back().uniform = std::min(E, std::max(0.0, std::ceil(m_share * E - 1e-9)));
        for (std::size_t e = 0; e < m_gates.size(); ++e)
            scores[e] = m_gates[e].sum() / double(m_gateTokens);
        const double perToken = double(m_choices) / double(m_tokens);
        append(rows, "gate", scores, m_gateTokens, m_reason.empty() ? kNoTokens : m_reason, perToken / E / E);
    }

private:
    std::vector<std::uint64_t>& countsFor(std::size_t filled)
    {
        m_byFilled[filled].resize(m_site.numExperts);
        return m_byFilled[filled];
    }

    /// A choice of a token with f of them is worth 1 / f; counted by f, so that the sums are exact.
    void countChoices(const Block& block, ChoiceBits& bits, const SequenceRun& run)
    {
        const std::size_t stride = block.numSlots;
        const std::uint16_t* token = block.expertIds.data() + run.begin * stride;
        if (const unsigned even = block.evenSlots) {
            std::uint64_t* const counts = countsFor(even).data();
            if (bits.plain()) {
                bits.count(run.begin, std::size_t(run.begin) + run.length, counts);
            } else {
                for (std::uint32_t t = 0; t < run.length; ++t, token += stride) {
                    for (unsigned r = 0; r < even; ++r)
                        ++counts[token[r]];
                }
            }
            m_tokens += run.length;
            m_choices += std::uint64_t(run.length) * even;
            return;
        }
        for (std::uint32_t t = 0; t < run.length; ++t, token += stride) {
            const auto filled = std::size_t(
                std::count_if(token, token + stride, [&](std::uint16_t id) { return id < m_site.numExperts; }));
            if (filled == 0)
                continue;
            std::uint64_t* const counts = countsFor(filled).data();
            for (std::size_t r = 0; r < stride; ++r) {
                if (token[r] < m_site.numExperts)
                    ++counts[token[r]];
            }
            ++m_tokens;
            m_choices += filled;
        }
    }

    /// Tokens with a weight or a logit that is no number are left out.
    void addGates(const Block& block, std::size_t t)
    {
        const auto choices = choicesOf(block, t);
        if (m_source == GateSource::Logits && !softmax(logitsOf(block, t), m_p))
            return;
        m_weights.assign(choices.size(), 0);
        bool any = false;
        for (std::size_t r = 0; r < choices.size(); ++r) {
            if (choices[r] >= m_site.numExperts)
                continue;
            any = true;
            m_weights[r] =
                m_source == GateSource::Logits ? m_p[choices[r]] : double(block.weights[t * choices.size() + r]);
            if (!std::isfinite(m_weights[r]))
                return;
        }
        m_gateTokens += any;
        for (std::size_t r = 0; r < choices.size(); ++r) {
            if (choices[r] < m_site.numExperts)
                m_gates[choices[r]].add(m_weights[r]);
        }
    }

    void append(std::vector<ResultRow>& rows, const std::string& kind, const std::vector<double>& scores,
        std::uint64_t n, const std::string& reason, double uniform) const
    {
        ResultRow row;
        row.n = n;
        if (n) {
            row.metric = "esft." + kind + "_score";
            row.uniform = uniform;
            for (std::uint16_t e = 0; e < scores.size(); ++e) {
                row.expert = ExpertIndex(e);
                row.value = scores[e];
                rows.push_back(row);
            }
            row.expert.reset();
            row.uniform.reset();
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
        } else {
            row.undefined = reason;
        }
        rows.push_back(std::move(row));
    }

    const Site m_site;
    const double m_share;
    GateSource m_source = GateSource::None;
    std::string m_reason; ///< why there is no gate score
    std::vector<std::vector<std::uint64_t>> m_byFilled; ///< [choices of a token][E], empty until needed
    std::uint64_t m_tokens = 0, m_choices = 0, m_gateTokens = 0;
    std::vector<FixedSum> m_gates; ///< [E]
    std::vector<double> m_p, m_weights; ///< scratch
};

}

MetricSpec esftMetric()
{
    return {
        .name = "esft",
        .definition =
            "token score: mean over tokens of (chosen or not) / k; gate score: of the raw softmax weight where "
            "chosen; selected: the fewest experts, by score, whose scores reach p; n = tokens",
        .source = "ESFT (arXiv 2407.01906), as in its published expert scores; p 0.2 as in its expert configs",
        .likes = {{.weights = true, .logits = true}, {.weights = true}, {.logits = true}},
        .params = {{"p", "0.2", "sum of scores to be reached", ParameterSpec::Kind::Number, 0, 1, false}},
        .make =
            [](const MetricContext& context) { return std::make_unique<ExpertListAccumulator<EsftState>>(context); },
    };
}

}
