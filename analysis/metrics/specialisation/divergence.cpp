// SPDX-License-Identifier: GPL-3.0-or-later
//
// How differently parallel texts are routed (metrics 5): divergence of the mean router vectors of two sequences that
// say the same, beside what two halves of one text show.
#include "analysis/counts/probabilities.h"
#include "analysis/counts/probability_sums.h"
#include "analysis/metrics/specialisation/mean_divergence.h"
#include "analysis/spine/per_site.h"

#include <algorithm>
#include <array>

namespace expertscope {

namespace {

/// Router vectors of one sequence, those of even and of odd positions apart.
class ProbabilitiesOfSequence
{
public:
    static constexpr const char* kName = "divergence";

    explicit ProbabilitiesOfSequence(const Site& site)
        : m_site(site)
        , m_halves{ProbabilitySums(site.numExperts), ProbabilitySums(site.numExperts)}
    {
    }

    void add(const Block& block, std::size_t token, std::size_t half)
    {
        if (anyChoice(block, token) && routerProbabilities(m_site, logitsOf(block, token), m_p))
            m_halves[half].add(m_p);
    }

    void clear()
    {
        for (ProbabilitySums& half : m_halves)
            half.clear();
    }

    std::vector<double> sums() const ///< [2, E]
    {
        std::vector<double> sums;
        for (const ProbabilitySums& half : m_halves) {
            for (std::size_t e = 0; e < half.numExperts(); ++e)
                sums.push_back(half.sum(e));
        }
        return sums;
    }

    static std::string whyNone(const Site& site)
    {
        if (site.score == ScoreFunction::Identity || site.score == ScoreFunction::SparseMixer)
            return "scores are " + scoresInWords(site.score) + ": no probabilities";
        return "no pair of sequences with logits";
    }

private:
    const Site& m_site;
    std::array<ProbabilitySums, 2> m_halves;
    std::vector<double> m_p; ///< scratch
};

/// The same of choices: how often each expert was chosen.
class ChoicesOfSequence
{
public:
    static constexpr const char* kName = "divergence_ids";

    explicit ChoicesOfSequence(const Site& site)
        : m_counts(2 * std::size_t(site.numExperts))
    {
    }

    void add(const Block& block, std::size_t token, std::size_t half)
    {
        double* const counts = m_counts.data() + half * (m_counts.size() / 2);
        for (const std::uint16_t id : choicesOf(block, token)) {
            if (id != kNoExpert)
                ++counts[id];
        }
    }

    void clear() { m_counts.assign(m_counts.size(), 0); }
    const std::vector<double>& sums() const { return m_counts; }

    static std::string whyNone(const Site&) { return "no pair of sequences with choices"; }

private:
    std::vector<double> m_counts; ///< whole numbers
};

/// Sums [2, E] of one or more sequences as shares of experts: of the even positions, the odd ones, or all.
std::vector<double> evenShares(std::span<const double> sums)
{
    return sharesOf(sums.first(sums.size() / 2));
}
std::vector<double> oddShares(std::span<const double> sums)
{
    return sharesOf(sums.last(sums.size() / 2));
}
std::vector<double> allShares(std::span<const double> sums)
{
    std::vector<double> both(sums.size() / 2);
    for (std::size_t e = 0; e < both.size(); ++e)
        both[e] = sums[e] + sums[both.size() + e];
    return sharesOf(both);
}

template <class Vectors> class DivergenceState
{
public:
    DivergenceState(const MetricContext& context, SiteIndex site)
        : m_index(site)
        , m_site(context.shape->sites[std::size_t(site)])
        , m_by(*context.by)
        , m_pair(context.shape->label(context.params.text("pair")))
        , m_reading(m_site)
    {
        const std::string& pair = context.params.text("pair");
        const std::string& reference = context.params.text("reference");
        const auto found = std::ranges::find(m_by.values, reference);
        m_reference = reference.empty() ? 0 : found - m_by.values.begin();
        if (!m_pair || m_pair->codes.size() != context.shape->sequences.size()) {
            m_pair = nullptr;
            m_reason = "sequences are paired by the label '" + pair + "', which the trace does not have";
        } else if (!reference.empty() && found == m_by.values.end()) {
            m_reason = "the label '" + m_by.name + "' has no value '" + reference + "' to compare with";
        } else if (m_by.values.size() < 2) {
            m_reason = "the label '" + m_by.name + "' has no two values to compare";
        }
    }

    void observe(const Block& block)
    {
        if (!m_reason.empty())
            return;
        for (const SequenceRun& run : block.runs) {
            if (!m_cursor.continues(m_index, run)) {
                closeSequence();
                if (!isPaired(run.sequence))
                    continue;
                m_sequence = run.sequence;
            }
            if (!m_sequence)
                continue;
            for (std::uint32_t i = 0; i < run.length; ++i)
                m_reading.add(block, run.begin + i, (run.position + i) % 2);
        }
    }

    void add(const DivergenceState& other)
    {
        closeSequence();
        for (const auto& [sequence, kept] : other.m_kept)
            keep(sequence, kept);
        if (other.m_sequence)
            keep(other.m_sequence->value, other.open());
    }

    void persist(Archive& archive)
    {
        closeSequence();
        std::vector<std::uint32_t> sequences;
        for (const auto& [sequence, kept] : m_kept)
            sequences.push_back(sequence);
        archive(sequences);
        for (const std::uint32_t sequence : sequences) {
            if (!archive.ok())
                return;
            std::vector<double> sums(2 * std::size_t(m_site.numExperts));
            std::uint32_t times = 1;
            if (!archive.reading()) {
                sums = *m_kept.at(sequence).sums;
                times = m_kept.at(sequence).times;
            }
            archive.fixed(sums);
            archive(times);
            if (archive.reading() && m_reason.empty() && sequence < m_by.codes.size()
                && isPaired(SequenceIndex(sequence)))
                keep(sequence, {std::make_shared<std::vector<double>>(std::move(sums)), times});
        }
    }

    void rows(std::vector<ResultRow>& rows) const
    {
        if (!m_reason.empty()) {
            for (const char* kind : kKinds)
                rows.push_back(undefinedRow(name(kind), m_reason));
            return;
        }
        const Pools pools = pooled();
        for (std::size_t v = 0; v < m_by.values.size(); ++v) {
            if (std::ptrdiff_t(v) != m_reference)
                valueRows(rows, pools, v);
        }
    }

private:
    static constexpr std::array kKinds{".jsd", ".d_hjs", ".split_half_jsd", ".split_half_d_hjs"};

    /// What is kept of a sequence.
    struct Kept
    {
        std::shared_ptr<const std::vector<double>> sums; ///< [2, E]; shared by the replicates of a bootstrap
        std::uint32_t times = 1; ///< drawn by a bootstrap
    };

    /// Sequences that share the value of the label and of the pair label.
    struct Pool
    {
        std::vector<double> sums; ///< [2, E]
        double sequences = 0, draws = 0;
    };
    using Pools = std::map<std::pair<std::int32_t, std::int32_t>, Pool>;

    static std::string name(const char* kind)
    {
        std::string text = Vectors::kName;
        return text += kind;
    }

    bool isPaired(SequenceIndex s) const
    {
        return m_by.codes[std::size_t(s)] >= 0 && m_pair->codes[std::size_t(s)] >= 0;
    }

    void closeSequence()
    {
        if (m_sequence)
            keep(m_sequence->value, open());
        m_sequence.reset();
        m_reading.clear();
    }

    /// The sequence being read.
    Kept open() const { return {std::make_shared<std::vector<double>>(m_reading.sums()), 1}; }

    void keep(std::uint32_t sequence, const Kept& kept)
    {
        const auto [entry, isNew] = m_kept.try_emplace(sequence, kept);
        if (!isNew) // a bootstrap has drawn it again
            entry->second.times += kept.times;
    }

    Pools pooled() const
    {
        std::map<std::uint32_t, Kept> all = m_kept;
        if (m_sequence)
            all.insert_or_assign(m_sequence->value, open());
        Pools pools;
        for (const auto& [sequence, kept] : all) { // in one order: sums of doubles depend on it
            Pool& pool = pools[{m_by.codes[sequence], m_pair->codes[sequence]}];
            pool.sums.resize(kept.sums->size());
            for (std::size_t i = 0; i < pool.sums.size(); ++i)
                pool.sums[i] += kept.times * (*kept.sums)[i];
            pool.draws += kept.times;
            ++pool.sequences;
        }
        return pools;
    }

    void valueRows(std::vector<ResultRow>& rows, const Pools& pools, std::size_t value) const
    {
        MeanDivergence toReference, ofHalves;
        for (auto pool = pools.lower_bound({std::int32_t(value), 0});
             pool != pools.end() && pool->first.first == std::int32_t(value); ++pool) {
            const auto partner = pools.find({std::int32_t(m_reference), pool->first.second});
            if (partner == pools.end())
                continue;
            const Pool& own = pool->second;
            const Pool& other = partner->second;
            const double weight = own.draws / own.sequences * (other.draws / other.sequences);
            const auto q = allShares(own.sums), r = allShares(other.sums);
            if (q.empty() || r.empty())
                continue;
            toReference.add(r, q, weight);
            const auto even = evenShares(own.sums), odd = oddShares(own.sums);
            if (!even.empty() && !odd.empty())
                ofHalves.add(even, odd, weight);
        }
        const auto add = [&](const char* kind, const char* unit, std::uint64_t n, double sum, double weights,
                             std::string whyNot) {
            ResultRow row;
            row.metric = name(kind);
            row.unit = unit;
            row.label = {m_by.name, m_by.values[value]};
            row.other["reference"] = m_by.values[std::size_t(m_reference)];
            row.n = n;
            if (n)
                row.value = sum / weights;
            else
                row.undefined = std::move(whyNot);
            rows.push_back(std::move(row));
        };
        const auto addBoth = [&](std::size_t first, const MeanDivergence& mean, const std::string& whyNone) {
            add(kKinds[first], "nats", mean.pairs, mean.jsd, mean.weights, whyNone);
            add(kKinds[first + 1], "1", mean.relativePairs, mean.relative, mean.relativeWeights,
                mean.pairs ? "routed uniformly: there is nothing to normalise by" : whyNone);
        };
        addBoth(0, toReference, Vectors::whyNone(m_site));
        addBoth(2, ofHalves,
            toReference.pairs ? "no sequence with tokens at even and odd positions" : Vectors::whyNone(m_site));
    }

    SiteIndex m_index;
    const Site& m_site;
    const Label& m_by;
    const Label* m_pair;
    std::ptrdiff_t m_reference = 0; ///< code of the value compared with
    std::string m_reason; ///< why there is nothing to compute, or empty
    RunCursor m_cursor;
    std::optional<SequenceIndex> m_sequence; ///< the one being read
    Vectors m_reading;
    std::map<std::uint32_t, Kept> m_kept; ///< of closed sequences
};

template <class Vectors> MetricSpec spec()
{
    return {
        .name = Vectors::kName,
        .definition = {},
        .source = {},
        .needsLabel = true,
        .ranges = {{std::string(Vectors::kName) + ".jsd", kNotNegative}, {std::string(Vectors::kName) + ".d_hjs", kShare},
            {std::string(Vectors::kName) + ".split_half_jsd", kNotNegative},
            {std::string(Vectors::kName) + ".split_half_d_hjs", kShare}},
        .params = {{.name = "pair",
                       .standard = "parallel",
                       .meaning = "label that parallel sequences share",
                       .kind = ParameterSpec::Kind::Text},
            {.name = "reference",
                .standard = "",
                .meaning = "value compared with; empty: the first",
                .kind = ParameterSpec::Kind::Text}},
        .make =
            [](const MetricContext& context) {
                return std::make_unique<PerSiteAccumulator<DivergenceState<Vectors>>>(context, true);
            },
    };
}

}

MetricSpec divergenceMetric()
{
    MetricSpec metric = spec<ProbabilitiesOfSequence>();
    metric.definition =
        "Jensen-Shannon divergence of the mean router vectors of parallel sequences, each value of the label against a "
        "reference value: jsd, and d_hjs = jsd / (log E - mean entropy); beside them even against odd tokens of the "
        "value's own sequences; n = pairs. Keeps 16 E bytes a sequence and site";
    metric.source =
        "arXiv 2510.04694 Eq. 1, 2; the split-half baseline is ours: d_hjs is large for routers near uniform";
    metric.needs = {{.logits = true}};
    metric.noUniform = "routing by chance has no logits";
    return metric;
}

MetricSpec divergenceIdsMetric()
{
    MetricSpec metric = spec<ChoicesOfSequence>();
    metric.definition =
        "as divergence, of the shares of a sequence's choices that experts get: needs no logits; n = pairs. Keeps 16 E "
        "bytes a sequence and site";
    metric.source = "arXiv 2510.04694 Eq. 1, 2 on counts";
    metric.simulateUniform = true;
    return metric;
}

}
