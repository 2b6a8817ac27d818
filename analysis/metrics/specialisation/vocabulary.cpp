// SPDX-License-Identifier: GPL-3.0-or-later
//
// Whether a token id belongs to an expert (metrics 3.4, 1.3): v(x) = max over experts e of count(e | x) / n(x), for x
// the token itself, the next one, or the model's guess of the next one. moe-lrc (20_vocab_calc.py) takes the first
// choice and ids with 20 occurrences, OLMoE the same for the first or all choices; as there, occurrences are tokens
// that made a choice.
#include "analysis/chance/balance_chance.h"
#include "analysis/counts/token_counts.h"
#include "analysis/spine/fixed_sum.h"
#include "analysis/spine/per_site.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace expertscope {

namespace {

enum class Ids
{
    Input,
    Next,
    Predicted
};

std::vector<Ids> idsAskedFor(const MetricContext& context)
{
    std::vector<Ids> kinds;
    for (const std::string& name : context.params.choices("ids")) {
        const Ids kind = name == "input" ? Ids::Input : name == "next" ? Ids::Next : Ids::Predicted;
        if (std::ranges::find(kinds, kind) == kinds.end())
            kinds.push_back(kind);
    }
    return kinds;
}

const char* nameOf(Ids kind)
{
    return kind == Ids::Input ? "input" : kind == Ids::Next ? "next" : "predicted";
}

bool recorded(const MetricContext& context, Ids kind)
{
    return kind != Ids::Predicted || context.shape->columns.predictedIds;
}

ResultRow rowOf(const MetricContext& context, Ids kind)
{
    ResultRow row;
    row.metric = "vocabulary.specialisation";
    row.params["ids"] = std::string(nameOf(kind));
    row.params["n_min"] = context.params.number("n_min");
    row.params["top"] = context.params.number("top");
    return row;
}

class VocabularyState
{
public:
    VocabularyState(const MetricContext& context, SiteIndex site)
        : m_site(site)
        , m_topK(context.shape->sites[std::size_t(site)].topK)
        , m_slots(static_cast<unsigned>(context.params.number("top")))
        , m_least(static_cast<std::uint64_t>(context.params.number("n_min")))
        , m_valuesOnly(context.valuesOnly)
    {
        for (const Ids kind : idsAskedFor(context)) {
            if (recorded(context, kind))
                m_kinds.push_back(
                    {kind, rowOf(context, kind), TokenCounts(context.shape->sites[std::size_t(site)].numExperts)});
        }
    }

    void observe(const Block& block)
    {
        for (const SequenceRun& run : block.runs) {
            const bool goesOn = m_cursor.continues(m_site, run);
            for (Kind& kind : m_kinds) {
                if (kind.ids == Ids::Next)
                    countNext(block, run, goesOn, kind.counts);
                else
                    kind.counts.add(block, run.begin, run.length,
                        (kind.ids == Ids::Input ? block.tokenIds : block.predictedIds).data() + run.begin, m_slots);
            }
        }
    }

    void add(const VocabularyState& other)
    {
        for (std::size_t i = 0; i < m_kinds.size(); ++i)
            m_kinds[i].counts.add(other.m_kinds[i].counts);
    }

    /// The last token of a pass has no next one: nothing is left open.
    void persist(Archive& archive)
    {
        for (Kind& kind : m_kinds)
            archive(kind.counts);
    }

    void rows(std::vector<ResultRow>& rows) const
    {
        for (const Kind& kind : m_kinds)
            rowsOf(kind, rows);
    }

private:
    /// Over ids.
    struct Mean
    {
        FixedSum values, uniform, variance;

        void add(double value, const ChanceValue& chance)
        {
            values.add(value);
            uniform.add(chance.mean);
            variance.add(chance.sd * chance.sd);
        }
    };

    struct Kind
    {
        Ids ids;
        ResultRow row;
        TokenCounts counts;
    };

    /// Each token counts for the id of the one after it; the last one of a piece waits for the next piece.
    void countNext(const Block& block, const SequenceRun& run, bool goesOn, TokenCounts& counts)
    {
        const std::int32_t* const ids = block.tokenIds.data() + run.begin;
        if (run.length == 0)
            return;
        if (goesOn && !m_waiting.empty() && ids[0] >= 0)
            counts.add(ids[0], m_waiting.data(), static_cast<unsigned>(m_waiting.size()));
        counts.add(block, run.begin, run.length - 1, ids + 1, m_slots);
        const unsigned taken = m_slots ? std::min<unsigned>(m_slots, block.numSlots) : block.numSlots;
        const auto last = block.expertIds.subspan((std::size_t(run.begin) + run.length - 1) * block.numSlots, taken);
        m_waiting.clear();
        std::ranges::copy_if(
            last, std::back_inserter(m_waiting), [&](std::uint16_t id) { return id < block.numExperts; });
    }

    void rowsOf(const Kind& kind, std::vector<ResultRow>& rows) const
    {
        const unsigned E = kind.counts.numExperts();
        std::vector<Mean> won(E); // over the ids that an expert wins
        Mean all;
        kind.counts.forEach(std::max<std::uint64_t>(m_least, 1), [&](std::uint64_t n, auto counts) {
            const auto most = std::ranges::max_element(counts); // ties: the lower expert
            const double value = double(*most) / double(n);
            ChanceValue chance;
            if (!m_valuesOnly) {
                const double size = std::accumulate(counts.begin(), counts.end(), 0.0) / double(n);
                const ChanceValue vio = uniformMaxVio(E, size, double(n));
                chance = {(1 + vio.mean) * size / E, vio.sd * size / E};
            }
            all.add(value, chance);
            won[std::size_t(most - counts.begin())].add(value, chance);
        });
        const std::string tooMany = kind.counts.overflowed() ? "an id occurs more often than can be counted" : "";
        const auto fill = [&](ResultRow& row, const Mean& mean, const std::string& none) {
            row.n = mean.values.n();
            row.value.reset();
            row.uniform.reset();
            row.uniformSd.reset();
            row.undefined = !tooMany.empty() ? tooMany : row.n == 0 ? none : std::string();
            if (!row.undefined.empty())
                return;
            row.value = mean.values.mean();
            if (!m_valuesOnly)
                setUniform(row, {mean.uniform.mean(), std::sqrt(mean.variance.sum()) / double(row.n)});
        };
        ResultRow row = kind.row;
        const std::string none = "no token id occurs so often";
        fill(row, all, none);
        rows.push_back(row);
        row.metric = "vocabulary.normalised";
        const double a = double(m_slots ? std::min(m_slots, m_topK) : m_topK) / E;
        if (row.value && a >= 1) {
            row.value.reset();
            row.uniform.reset();
            row.uniformSd.reset();
            row.undefined = "every token chooses every expert";
        } else if (row.value) {
            row.value = (*row.value - a) / (1 - a); // the mean of (v - a) / (1 - a)
            if (row.uniform)
                setUniform(row, {(*row.uniform - a) / (1 - a), *row.uniformSd / (1 - a)});
        }
        rows.push_back(row);
        row.metric = "vocabulary.specialisation";
        for (std::uint16_t e = 0; e < E; ++e) {
            row.expert = ExpertIndex(e);
            fill(row, won[e], all.values.n() ? "wins no token id" : none);
            rows.push_back(row);
        }
    }

    SiteIndex m_site;
    unsigned m_topK, m_slots;
    std::uint64_t m_least;
    bool m_valuesOnly;
    RunCursor m_cursor;
    std::vector<Kind> m_kinds;
    std::vector<std::uint16_t> m_waiting; ///< choices of the last token seen
};

class Vocabulary final : public PerSiteAccumulator<VocabularyState>
{
public:
    explicit Vocabulary(const MetricContext& context)
        : PerSiteAccumulator(context, true)
    {
    }

    /// Says of ids that are not recorded that they are not.
    Results result() const override
    {
        Results results = PerSiteAccumulator::result();
        for (const Ids kind : idsAskedFor(context())) {
            if (recorded(context(), kind))
                continue;
            results.rows.push_back(rowOf(context(), kind));
            results.rows.back().undefined = "the trace does not hold predicted ids";
        }
        return results;
    }
};

}

MetricSpec vocabularyMetric()
{
    return {
        .name = "vocabulary",
        .definition =
            "v(x) = largest share of token id x that chose one expert, mean over ids with n_min occurrences; of "
            "an expert: over the ids it wins; normalised (v - k/E) / (1 - k/E); n = ids",
        .source = "OLMoE (arXiv 2409.02060) section 5, vocabulary specialisation; n_min 20 as arXiv 2505.16056",
        .needs = {{.tokenIds = true}},
        .likes = {{.predictedIds = true}},
        .ranges = {{"vocabulary.specialisation", kShare}},
        .onRequest = true,
        .cost = 20,
        .params = {{.name = "ids",
                       .standard = "input/next/predicted",
                       .meaning = "of the token, the next one, the model's guess of it",
                       .kind = ParameterSpec::Kind::Choices,
                       .choices = {"input", "next", "predicted"}},
            {"n_min", "20", "occurrences an id must have", ParameterSpec::Kind::Number, 1, 1e9, true},
            {"top", "1", "choices of a token that count, 0: all", ParameterSpec::Kind::Number, 0, 65535, true}},
        .make = [](const MetricContext& context) { return std::make_unique<Vocabulary>(context); },
    };
}

}
