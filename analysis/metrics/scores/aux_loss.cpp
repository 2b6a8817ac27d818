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
constexpr const char* kHf = "aux_loss.hf";

/// What the loss of a set of tokens is made of: who was chosen, and the probabilities.
class LossSums
{
public:
    explicit LossSums(std::size_t numExperts)
        : m_counts(numExperts)
        , m_probabilities(numExperts)
    {
    }

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

/// The loss of one site, or of all with their layers concatenated, at each level.
class LossLevels
{
public:
    LossLevels(const MetricContext& context, std::size_t numExperts)
        : m_batch(context.params.number("batch"))
        , m_valuesOnly(context.valuesOnly)
        , m_sums(context, std::size_t(m_batch), LossSums(numExperts))
    {
    }

    /// To which the tokens of the run are to be added.
    LossSums& of(const SequenceRun& run) { return m_sums.of(run); }
    void add(const LossLevels& other) { m_sums.add(other.m_sums); }
    void persist(Archive& archive) { m_sums.persist(archive); }

    void rows(const std::string& whyNone, std::vector<ResultRow>& rows) const
    {
        const auto sums = m_sums.closed();
        MeanLoss whole;
        whole.add(sums.total());
        levelRows(rows, kCorpus, whole, sums.total().tokens(), whyNone);
        if (!m_valuesOnly)
            levelRows(rows, kMicroBatch, sums.ofBatches(), sums.ofBatches().switchForm.n(), whyNone);
        levelRows(rows, kSequence, sums.ofSequences(), sums.ofSequences().switchForm.n(), whyNone);
    }

private:
    void levelRows(std::vector<ResultRow>& rows, const std::string& level, const MeanLoss& loss, std::uint64_t n,
        const std::string& whyNone) const
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
                row.undefined = whyNone;
            }
            rows.push_back(std::move(row));
        };
        add("aux_loss.switch", loss.switchForm, 1);
        add(kHf, loss.hfForm, loss.choicesPerToken.mean());
    }

    double m_batch; ///< sequences a batch
    bool m_valuesOnly;
    LevelSums<LossSums, MeanLoss> m_sums;
};

/// As Transformers does, the layers are concatenated before the product: the tokens of all sites are thrown together, in each part by
/// itself. So sites are looked at together.
class AuxLoss final : public Accumulator
{
public:
    explicit AuxLoss(const MetricContext& context)
        : m_context(context)
    {
        for (const SiteIndex site : m_context.sites) {
            m_levels.emplace_back(m_context, describe(site).numExperts);
            m_sameSize &= describe(site).numExperts == describe(m_context.sites.front()).numExperts;
        }
        if (!m_levels.empty() && m_sameSize)
            m_concatenated.emplace(m_context, describe(m_context.sites.front()).numExperts);
    }

    void observe(const Tile& tile) override
    {
        for (const SequenceRun& run : tile.runs()) {
            LossSums* const all = m_concatenated ? &m_concatenated->of(run) : nullptr;
            for (std::size_t i = 0; i < m_levels.size(); ++i)
                observe(tile.blocks[i], run, m_levels[i].of(run), all);
        }
    }

    void merge(const Accumulator& other) override
    {
        const auto& that = static_cast<const AuxLoss&>(other);
        for (std::size_t i = 0; i < m_levels.size(); ++i)
            m_levels[i].add(that.m_levels[i]);
        if (m_concatenated)
            m_concatenated->add(*that.m_concatenated);
    }

    void persist(Archive& archive) override
    {
        for (LossLevels& levels : m_levels)
            archive(levels);
        if (m_concatenated)
            archive(*m_concatenated);
    }

    Results result() const override
    {
        Results results;
        for (std::size_t i = 0; i < m_levels.size(); ++i) {
            const Site& site = describe(m_context.sites[i]);
            const bool probable = site.score != ScoreFunction::Identity && site.score != ScoreFunction::SparseMixer;
            const std::size_t first = results.rows.size();
            m_levels[i].rows(probable ? "no tokens with logits and a choice"
                                      : "scores are " + scoresInWords(site.score) + ": no probabilities",
                results.rows);
            for (std::size_t r = first; r < results.rows.size(); ++r)
                results.rows[r].site = m_context.sites[i];
        }
        const std::size_t ofSites = results.rows.size();
        appendSiteMeans(results.rows);
        concatenate(std::span(results.rows).subspan(ofSites));
        return results;
    }

private:
    const Site& describe(SiteIndex site) const { return m_context.shape->sites[std::size_t(site)]; }

    void observe(const Block& block, const SequenceRun& run, LossSums& site, LossSums* all)
    {
        const Site& description = describe(block.site);
        for (std::size_t t = run.begin; t < std::size_t(run.begin) + run.length; ++t) {
            if (!anyChoice(block, t) || !routerProbabilities(description, logitsOf(block, t), m_p))
                continue;
            site.add(choicesOf(block, t), m_p);
            if (all)
                all->add(choicesOf(block, t), m_p);
        }
    }

    /// Puts the loss of the layers together in the place of the means over sites.
    void concatenate(std::span<ResultRow> means) const
    {
        std::vector<ResultRow> rows;
        if (m_concatenated)
            m_concatenated->rows("no tokens with probabilities and a choice", rows);
        for (ResultRow& mean : means) {
            if (mean.metric != kHf)
                continue;
            const auto found = std::ranges::find_if(
                rows, [&](const ResultRow& row) { return row.metric == kHf && row.other == mean.other; });
            if (found != rows.end()) {
                mean = *found;
                continue;
            }
            ResultRow none = undefinedRow(kHf, "sites have different numbers of experts");
            none.other = mean.other;
            none.params = mean.params;
            none.params.erase("sites");
            mean = std::move(none);
        }
    }

    const MetricContext m_context;
    std::vector<LossLevels> m_levels; ///< of each site
    bool m_sameSize = true; ///< all sites have as many experts
    std::optional<LossLevels> m_concatenated;
    std::vector<double> m_p; ///< scratch
};

}

MetricSpec auxLossMetric()
{
    return {
        .name = "aux_loss",
        .definition =
            "load-balancing loss E * sum f_e P_e, P = mean router probability, over all tokens and averaged over "
            "batches of sequences and sequences: switch, f = c / (N k), 1 when balanced, E / k collapsed; hf, f = c / N, "
            "k when balanced, of the whole model with the layers concatenated (at every level); uniform = equal scores; "
            "n = tokens (of all layers), parts",
        .source =
            "switch: arXiv 2101.03961 as in Megatron-LM; hf: Transformers' load_balancing_loss_func; by sequence: "
            "DeepSeek-V3; levels: arXiv 2501.11873",
        .needs = {{.logits = true}},
        .crossSite = true,
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
