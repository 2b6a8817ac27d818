// SPDX-License-Identifier: GPL-3.0-or-later
//
// Auxiliary load-balancing losses as diagnostics (metrics 6.2): E * sum of f_e P_e, over everything, over batches of
// sequences and over sequences.
#include "analysis/counts/level_sums.h"
#include "analysis/counts/probabilities.h"
#include "analysis/counts/probability_sums.h"
#include "analysis/spine/fixed_sum.h"

#include <algorithm>

namespace expertscope {

namespace {

constexpr const char* kCorpus = "corpus";
constexpr const char* kMicroBatch = "micro_batch";
constexpr const char* kSequence = "sequence";

/// What the loss of a set of tokens is made of: who was chosen, and the probabilities.
class LossSums
{
public:
    explicit LossSums(std::size_t numExperts)
        : m_counts(numExperts)
        , m_probabilities(numExperts)
    {
    }

    /// A token; its probabilities count even when it has no choice (dropped).
    void add(std::span<const std::uint16_t> choices, std::span<const double> p)
    {
        for (const std::uint16_t id : choices) {
            if (id >= m_counts.size())
                continue;
            ++m_counts[id];
            ++m_choices;
        }
        m_probabilities.add(p);
    }

    void add(const LossSums& other)
    {
        for (std::size_t e = 0; e < m_counts.size(); ++e)
            m_counts[e] += other.m_counts[e];
        m_choices += other.m_choices;
        m_probabilities.add(other.m_probabilities);
    }

    void clear()
    {
        m_counts.assign(m_counts.size(), 0);
        m_choices = 0;
        m_probabilities.clear();
    }

    void persist(Archive& archive)
    {
        archive.fixed(m_counts);
        archive(m_choices, m_probabilities);
    }

    bool any() const { return m_choices > 0; } ///< else there is no loss
    std::uint64_t tokens() const { return m_probabilities.tokens(); }
    double choicesPerToken() const { return double(m_choices) / double(tokens()); }
    /// f = c / (tokens * k): 1 when balanced.
    double switchForm() const
    {
        double product = 0;
        for (std::size_t e = 0; e < m_counts.size(); ++e)
            product += double(m_counts[e]) * m_probabilities.sum(e);
        return double(m_counts.size()) * product / double(m_choices) / double(tokens());
    }
    /// f = c / tokens: k when balanced.
    double hfForm() const { return switchForm() * choicesPerToken(); }

private:
    std::vector<std::uint64_t> m_counts; ///< [E]
    std::uint64_t m_choices = 0;
    ProbabilitySums m_probabilities;
};

/// Both forms of the loss, averaged over parts of the tokens.
struct MeanLoss
{
    FixedSum switchForm, hfForm, choicesPerToken;

    void add(const LossSums& part)
    {
        if (!part.any())
            return;
        switchForm.add(part.switchForm());
        hfForm.add(part.hfForm());
        choicesPerToken.add(part.choicesPerToken());
    }
    void add(const MeanLoss& other)
    {
        switchForm.add(other.switchForm);
        hfForm.add(other.hfForm);
        choicesPerToken.add(other.choicesPerToken);
    }
    void persist(Archive& archive) { archive(switchForm, hfForm, choicesPerToken); }
};

class AuxLossState
{
public:
    AuxLossState(const MetricContext& context, SiteIndex site)
        : m_site(context.shape->sites[std::size_t(site)])
        , m_batch(context.params.number("batch"))
        , m_valuesOnly(context.valuesOnly)
        , m_sums(context, std::size_t(m_batch), LossSums(m_site.numExperts))
    {
    }

    void observe(const Block& block)
    {
        for (const SequenceRun& run : block.runs) {
            LossSums& sums = m_sums.of(run);
            for (std::size_t t = run.begin; t < std::size_t(run.begin) + run.length; ++t) {
                if (routerProbabilities(m_site, logitsOf(block, t), m_p))
                    sums.add(choicesOf(block, t), m_p);
            }
        }
    }

    void add(const AuxLossState& other) { m_sums.add(other.m_sums); }
    void persist(Archive& archive) { m_sums.persist(archive); }

    void rows(std::vector<ResultRow>& rows) const
    {
        const auto sums = m_sums.closed();
        MeanLoss whole;
        whole.add(sums.total());
        levelRows(rows, kCorpus, whole, sums.total().tokens());
        if (!m_valuesOnly)
            levelRows(rows, kMicroBatch, sums.ofBatches(), sums.ofBatches().switchForm.n());
        levelRows(rows, kSequence, sums.ofSequences(), sums.ofSequences().switchForm.n());
    }

    /// All tokens.
    LossSums total() const { return m_sums.closed().total(); }

private:
    void levelRows(std::vector<ResultRow>& rows, const std::string& level, const MeanLoss& loss, std::uint64_t n) const
    {
        const auto add = [&](const char* metric, const FixedSum& values, double uniform) {
            ResultRow row;
            row.metric = metric;
            row.other["level"] = level;
            if (level == kMicroBatch)
                row.params["batch"] = m_batch;
            if (values.n()) {
                row.n = n;
                row.value = values.mean();
                row.uniform = uniform;
            } else {
                const bool probable =
                    m_site.score != ScoreFunction::Identity && m_site.score != ScoreFunction::SparseMixer;
                row.undefined = probable ? "no tokens with logits and a choice"
                                         : "scores are " + scoresInWords(m_site.score) + ": no probabilities";
            }
            rows.push_back(std::move(row));
        };
        add("aux_loss.switch", loss.switchForm, 1);
        add("aux_loss.hf", loss.hfForm, loss.choicesPerToken.mean());
    }

    const Site m_site;
    double m_batch; ///< sequences a batch
    bool m_valuesOnly;
    LevelSums<LossSums, MeanLoss> m_sums;
    std::vector<double> m_p; ///< scratch
};

class AuxLoss final : public PerSiteAccumulator<AuxLossState>
{
public:
    explicit AuxLoss(const MetricContext& context)
        : PerSiteAccumulator(context, true)
    {
    }

    Results result() const override
    {
        Results results = PerSiteAccumulator::result();
        const auto mean = std::ranges::find_if(results.rows, [](const ResultRow& row) {
            return !row.site && row.metric == "aux_loss.hf" && row.other.at("level") == kCorpus;
        });
        if (mean != results.rows.end())
            *mean = layersConcatenated();
        return results;
    }

private:
    /// As Transformers does: the tokens of all sites are thrown together before the product.
    ResultRow layersConcatenated() const
    {
        ResultRow row;
        row.metric = "aux_loss.hf";
        row.other["level"] = kCorpus;
        const std::vector<Site>& sites = context().shape->sites;
        LossSums sums(sites[std::size_t(context().sites.front())].numExperts);
        double there = 0;
        for (const SiteIndex site : context().sites) {
            if (sites[std::size_t(site)].numExperts != sites[std::size_t(context().sites.front())].numExperts) {
                row.undefined = "sites have different numbers of experts";
                return row;
            }
            const AuxLossState* state = seen(site);
            if (!state || !state->total().any())
                continue;
            sums.add(state->total());
            ++there;
        }
        if (there == 0) {
            row.undefined = "no tokens with probabilities and a choice";
            return row;
        }
        row.params["sites"] = there;
        row.value = sums.hfForm();
        row.uniform = sums.choicesPerToken();
        row.n = sums.tokens();
        return row;
    }
};

}

MetricSpec auxLossMetric()
{
    return {
        .name = "aux_loss",
        .definition =
            "load-balancing loss E * sum f_e P_e, P = mean router probability, over all tokens and averaged over "
            "batches "
            "of sequences and sequences: switch, f = c / (N k), 1 when balanced, E / k collapsed; hf, f = c / N, k "
            "when "
            "balanced, for the whole model with the layers concatenated; uniform = equal scores; n = tokens (parts)",
        .source =
            "switch: arXiv 2101.03961 as in Megatron-LM; hf: Transformers' load_balancing_loss_func; by sequence: "
            "DeepSeek-V3; levels: arXiv 2501.11873",
        .needs = {{.logits = true}},
        .groupsSequences = true,
        .params = {{.name = "batch",
            .standard = "4",
            .meaning = "consecutive sequences a batch",
            .least = 1,
            .most = 1e9,
            .whole = true}},
        .make = [](const MetricContext& context) { return std::make_unique<AuxLoss>(context); },
    };
}

}
