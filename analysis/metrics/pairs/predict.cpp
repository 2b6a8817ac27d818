// SPDX-License-Identifier: GPL-3.0-or-later
//
// How well simple predictors foretell the experts of a token (metrics 8): what any prefetching has to beat.
#include "analysis/chance/uniform.h"
#include "analysis/counts/choice_sets.h"
#include "analysis/metrics/pairs/prediction.h"
#include "analysis/metrics/pairs/site_pairs.h"

#include <algorithm>
#include <mutex>

namespace expertscope {

namespace {

/// Tokens by the sizes of the predicted set Q and of the real one S and by what they share: all measures follow.
class Hits
{
public:
    Hits() = default;
    Hits(const Hits&) = delete; // m_last is of m_tokens
    Hits& operator=(const Hits&) = delete;

    void note(std::size_t predicted, std::size_t chosen, std::size_t shared)
    {
        if (predicted && chosen) // else there is nothing to compare
            ++of(std::uint64_t(predicted) << 32 | std::uint64_t(chosen) << 16)[shared];
    }
    void add(const Hits& other)
    {
        for (const auto& [sizes, tokens] : other.m_tokens) {
            std::vector<std::uint64_t>& mine = of(sizes);
            for (std::size_t shared = 0; shared < std::min(mine.size(), tokens.size()); ++shared)
                mine[shared] += tokens[shared];
        }
    }
    void persist(Archive& archive)
    {
        archive(m_tokens);
        m_last = m_tokens.end();
    }

    void rows(unsigned E, std::vector<ResultRow>& rows) const
    {
        static const char* const kNames[] = {
            "predict.recall", "predict.precision", "predict.exact", "predict.f1", "predict.label_accuracy"};
        std::array<double, 5> sum{}, uniform{};
        std::uint64_t n = 0;
        const auto addTokens = [&](unsigned q, unsigned s, double shared, std::uint64_t tokens) {
            const double c = double(tokens), both = double(q) + s;
            n += tokens;
            sum[0] += c * shared / s;
            sum[1] += c * shared / q;
            sum[2] += q == s && shared == s ? c : 0;
            sum[3] += c * 2 * shared / both;
            sum[4] += c * (E - both + 2 * shared) / E;
            // By chance S is a random set, whatever Q is.
            const double expected = double(q) * s / E;
            uniform[0] += c * expected / s;
            uniform[1] += c * expected / q;
            uniform[2] += q == s ? c * uniformOverlapProbability(E, q, s, q) : 0;
            uniform[3] += c * 2 * expected / both;
            uniform[4] += c * (E - both + 2 * expected) / E;
        };
        for (const auto& [sizes, tokens] : m_tokens) {
            for (std::size_t shared = 0; shared < tokens.size(); ++shared) {
                if (tokens[shared])
                    addTokens(static_cast<unsigned>(sizes >> 32), static_cast<unsigned>(sizes >> 16 & 0xffff),
                        double(shared), tokens[shared]);
            }
        }
        for (std::size_t i = 0; i < sum.size(); ++i) {
            ResultRow row = undefinedRow(kNames[i], "nothing to predict, or nothing to predict from");
            row.n = n;
            if (n) {
                row.undefined.clear();
                row.value = sum[i] / double(n);
                row.uniform = uniform[i] / double(n);
            }
            rows.push_back(std::move(row));
        }
    }

private:
    using Tokens = std::map<std::uint64_t, std::vector<std::uint64_t>>;

    /// Neighbouring tokens mostly have the same sizes.
    std::vector<std::uint64_t>& of(std::uint64_t sizes)
    {
        if (m_last == m_tokens.end() || m_last->first != sizes) {
            const std::uint64_t most = std::min(sizes >> 32, sizes >> 16 & 0xffff);
            m_last = m_tokens.try_emplace(sizes, most + 1).first;
        }
        return m_last->second;
    }

    Tokens m_tokens; ///< by sizes: [shared]
    Tokens::iterator m_last = m_tokens.end();
};

/// The second pass: predicts the sequences of odd rank.
class PredictionScores final : public Accumulator
{
public:
    PredictionScores(std::shared_ptr<const PredictionPlan> plan, std::shared_ptr<const PredictionKnowledge> knowledge)
        : m_plan(std::move(plan))
        , m_knowledge(std::move(knowledge))
        , m_hits(m_plan->predictors.size() * m_plan->sizes.size() * m_plan->sites.size())
        , m_open(m_knowledge->library, m_plan->offsets)
        , m_before(m_plan->sites.size())
    {
        for (const Site& site : m_plan->sites)
            m_sets.emplace_back(site.numExperts);
    }

    void observe(const Tile& tile) override
    {
        for (const SequenceRun& run : tile.runs()) {
            const bool goesOn = m_cursor.continues(m_plan->indices.front(), run);
            if (m_plan->isFit(run.sequence))
                continue;
            if (!goesOn) {
                m_open.clear();
                m_any = false;
                for (auto& set : m_before)
                    set.clear();
            }
            for (std::size_t i = 0; i < m_sets.size(); ++i)
                m_sets[i].assign(tile.blocks[i], run.begin, run.length);
            for (std::size_t t = 0; t < run.length; ++t)
                observeToken(t);
        }
    }

    void merge(const Accumulator& other) override
    {
        const auto& that = static_cast<const PredictionScores&>(other);
        for (std::size_t i = 0; i < m_hits.size(); ++i)
            m_hits[i].add(that.m_hits[i]);
    }

    Results result() const override
    {
        Results results;
        const std::size_t M = m_plan->sites.size();
        for (std::size_t p = 0; p < m_plan->predictors.size(); ++p) {
            for (std::size_t z = 0; z < m_plan->sizes.size(); ++z) {
                const std::size_t first = results.rows.size();
                for (std::size_t i = 0; i < M; ++i) {
                    const std::size_t firstOfSite = results.rows.size();
                    m_hits[hitsAt(p, z, i)].rows(m_plan->sites[i].numExperts, results.rows);
                    for (std::size_t r = firstOfSite; r < results.rows.size(); ++r) {
                        results.rows[r].site = m_plan->indices[i];
                        results.rows[r].params = {{"predictor", m_plan->names[p]}, {"n", double(m_plan->sizes[z])}};
                    }
                }
                appendMeansOf(results.rows, first);
            }
        }
        return results;
    }

    void persist(Archive& archive) override
    {
        for (Hits& hits : m_hits)
            archive(hits);
    }

private:
    std::size_t hitsAt(std::size_t predictor, std::size_t size, std::size_t site) const
    {
        return (predictor * m_plan->sizes.size() + size) * m_plan->sites.size() + site;
    }

    void observeToken(std::size_t t)
    {
        for (std::size_t p = 0; p < m_plan->predictors.size(); ++p) {
            switch (m_plan->predictors[p]) {
            case PredictorKind::Previous:
                for (std::size_t i = 0; m_any && i < m_sets.size(); ++i) {
                    for (std::size_t z = 0; z < m_plan->sizes.size(); ++z)
                        scoreIds(hitsAt(p, z, i), m_before[i], m_sets[i][t]);
                }
                break;
            case PredictorKind::Static:
                for (std::size_t z = 0; z < m_plan->sizes.size(); ++z) {
                    for (std::size_t i = 0; i < m_sets.size(); ++i)
                        scoreMarks(hitsAt(p, z, i), m_knowledge->frequent[z * m_sets.size() + i], z, i, t);
                }
                break;
            case PredictorKind::Transition:
                observeTransition(p, t);
                break;
            case PredictorKind::Eam:
                observeEam(p, t);
                break;
            }
        }
        for (std::size_t i = 0; i < m_sets.size(); ++i)
            m_before[i].assign(m_sets[i][t].begin(), m_sets[i][t].end());
        m_any = true;
    }

    void observeTransition(std::size_t p, std::size_t t)
    {
        for (std::size_t i = 1; i < m_sets.size(); ++i) {
            const TransitionTable& table = m_knowledge->transition[i];
            if (table.empty() || m_sets[i - 1][t].empty() || m_sets[i][t].empty())
                continue;
            const std::span<const std::uint16_t> chosen = m_sets[i][t];
            table.score<std::uint16_t>(m_sets[i - 1][t], 0, m_scores);
            for (std::size_t z = 0; z < m_plan->sizes.size(); ++z) {
                const std::size_t n = std::min<std::size_t>(sizeAt(z, i), m_scores.size());
                m_hits[hitsAt(p, z, i)].note(n, chosen.size(), countAmongLargest(m_scores, n, chosen));
            }
        }
    }

    void observeEam(std::size_t p, std::size_t t)
    {
        if (m_any && m_knowledge->library.numStored()) {
            const std::size_t best = m_open.nearest();
            for (std::size_t z = 0; z < m_plan->sizes.size(); ++z) {
                for (std::size_t i = 0; i < m_sets.size(); ++i) {
                    const std::size_t E = m_plan->sites[i].numExperts;
                    const auto& sets = m_knowledge->storedSets[z * m_sets.size() + i];
                    scoreMarks(hitsAt(p, z, i), std::span(sets).subspan(best * E, E), z, i, t);
                }
            }
        }
        for (std::size_t i = 0; i < m_sets.size(); ++i)
            m_open.add<std::uint16_t>(i, m_sets[i][t]);
    }

    std::size_t sizeAt(std::size_t z, std::size_t site) const
    {
        return m_plan->sizes[z] ? m_plan->sizes[z] : m_plan->sites[site].topK;
    }

    void scoreMarks(
        std::size_t hits, std::span<const std::uint8_t> marks, std::size_t z, std::size_t site, std::size_t t)
    {
        std::size_t shared = 0;
        for (const std::uint16_t e : m_sets[site][t])
            shared += marks[e];
        m_hits[hits].note(std::min(sizeAt(z, site), marks.size()), m_sets[site][t].size(), shared);
    }

    void scoreIds(std::size_t hits, std::span<const std::uint16_t> predicted, std::span<const std::uint16_t> chosen)
    {
        std::size_t shared = 0;
        for (const std::uint16_t e : chosen)
            shared += std::ranges::find(predicted, e) != predicted.end();
        m_hits[hits].note(predicted.size(), chosen.size(), shared);
    }

    const std::shared_ptr<const PredictionPlan> m_plan;
    const std::shared_ptr<const PredictionKnowledge> m_knowledge;
    std::vector<Hits> m_hits; ///< [predictor][size][site]
    RunCursor m_cursor;
    OpenSequence m_open;
    bool m_any = false; ///< tokens of the open sequence before this one
    std::vector<std::vector<std::uint16_t>> m_before; ///< by site: the set of the token before
    std::vector<ChoiceSets> m_sets; ///< by site: of the run at hand
    std::vector<std::uint64_t> m_scores;
};

/// The first pass: counts the sequences of even rank.
class PredictionFit final : public Accumulator
{
public:
    explicit PredictionFit(const MetricContext& context)
        : m_plan(std::make_shared<PredictionPlan>(context))
        , m_counts(*m_plan)
    {
    }

    void observe(const Tile& tile) override { m_counts.observe(*m_plan, tile); }
    void merge(const Accumulator& other) override { m_counts.add(static_cast<const PredictionFit&>(other).m_counts); }
    Results result() const override { return secondPass()->result(); } // nothing was predicted yet
    void persist(Archive& archive) override { archive(m_counts); }

    std::unique_ptr<Accumulator> secondPass() const override
    {
        std::call_once(m_learnt, [this] { m_knowledge = std::make_shared<PredictionKnowledge>(*m_plan, m_counts); });
        return std::make_unique<PredictionScores>(m_plan, m_knowledge);
    }

private:
    std::shared_ptr<const PredictionPlan> m_plan;
    PredictionCounts m_counts;
    mutable std::once_flag m_learnt; ///< workers ask at the same time
    mutable std::shared_ptr<const PredictionKnowledge> m_knowledge;
};

}

MetricSpec predictMetric()
{
    return {
        .name = "predict",
        .definition =
            "predictors that learn from the selected sequences of even rank and foretell a set Q for the tokens of the "
            "odd ones: recall |Q n S| / |S|, precision |Q n S| / |Q|, exact Q = S, F1, and label accuracy, the share "
            "of "
            "experts that are rightly in or out; previous: the set of the token before; static: the most frequent; "
            "transition: the largest sum of P(j | i) over the set of the site before; eam: the most frequent of the "
            "sequence whose counts are nearest to those of this one so far; n = tokens",
        .source = "eam: MoE-Infinity (arXiv 2401.14361), expert_tracer.py",
        .crossSite = true,
        .twoPasses = true,
        .ranges = {{"predict.recall", kShare}, {"predict.precision", kShare}, {"predict.exact", kShare},
            {"predict.f1", kShare}, {"predict.label_accuracy", kShare}},
        .onRequest = true,
        .cost = 24,
        .params = {{.name = "predictor",
                       .standard = "previous/static/transition/eam",
                       .meaning = "predictors",
                       .kind = ParameterSpec::Kind::Choices,
                       .choices = {"previous", "static", "transition", "eam"}},
            {.name = "n",
                .standard = "0",
                .meaning = "sizes of predicted sets, 0: the site's k",
                .kind = ParameterSpec::Kind::Numbers,
                .least = 0,
                .most = 65534,
                .whole = true},
            {.name = "library",
                .standard = "128",
                .meaning = "first fit sequences that eam matches with",
                .least = 1,
                .most = 1e6,
                .whole = true}},
        .make = [](const MetricContext& context) { return std::make_unique<PredictionFit>(context); },
    };
}

}
