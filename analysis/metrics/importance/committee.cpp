// SPDX-License-Identifier: GPL-3.0-or-later
//
// The Standing Committee of arXiv 2601.03425 (metrics 7): the experts that all values of a label rank high, and alike.
// ECI, the expert contribution index, is the paper's: mean over a value's tokens of the gate weight as the model
// multiplies it, 0 where not chosen. Ranks, candidates, Pareto front, coverage and ratio are those of the authors'
// Audit_Committee.py, but for E, which it guesses and the trace knows, and for experts with no weight at all, which
// here are never in a list.
#include "analysis/counts/by_value.h"
#include "analysis/metrics/importance/expert_list.h"
#include "analysis/spine/fixed_sum.h"

#include <cmath>

namespace expertscope {

namespace {

/// Gate weights of one label value.
struct GateSums
{
    std::vector<FixedSum> weights; ///< [E]
    std::uint64_t tokens = 0; ///< with a choice

    explicit GateSums(std::size_t experts)
        : weights(experts)
    {
    }
    void add(const GateSums& other)
    {
        for (std::size_t e = 0; e < weights.size(); ++e)
            weights[e].add(other.weights[e]);
        tokens += other.tokens;
    }
    void persist(Archive& archive)
    {
        archive.fixed(weights);
        archive(tokens);
    }
};

/// Where an expert stands in the lists of all values.
struct Standing
{
    std::uint64_t present = 0; ///< lists it is in
    std::uint64_t ranks = 0, squares = 0; ///< sums over all values, k + 1 where it is in no list
    double eci = 0; ///< mean over all values of its ECI where it is in the list
};

class CommitteeState
{
public:
    CommitteeState(const MetricContext& context, SiteIndex site)
        : m_label(context.by)
        , m_numExperts(context.shape->sites[std::size_t(site)].numExperts)
        , m_topK(context.shape->sites[std::size_t(site)].topK)
        , m_presence(context.params.number("presence"))
        , m_values(*context.by, [experts = m_numExperts] { return GateSums(experts); })
    {
    }

    void observe(const Block& block)
    {
        for (const SequenceRun& run : block.runs) {
            const std::int32_t code = m_label->codes[std::size_t(run.sequence)];
            if (code < 0)
                continue;
            GateSums& sums = m_values.of(std::size_t(code));
            const std::size_t K = block.numSlots;
            for (std::size_t t = run.begin; t < std::size_t(run.begin) + run.length; ++t) {
                bool any = false;
                for (std::size_t i = t * K; i < t * K + K; ++i) {
                    if (block.expertIds[i] >= m_numExperts)
                        continue;
                    any = true;
                    sums.weights[block.expertIds[i]].add(block.weights[i]);
                }
                sums.tokens += any;
            }
        }
    }

    void add(const CommitteeState& other) { m_values.add(other.m_values); }
    void persist(Archive& archive) { m_values.persist(archive); }

    void rows(std::vector<ResultRow>& rows) const
    {
        std::vector<Standing> standings(m_numExperts);
        double listed = 0; // mean over values of the ECI of all in the list
        std::uint64_t values = 0;
        for (const auto& sums : m_values)
            values += sums && sums->tokens;
        for (const auto& sums : m_values) {
            if (sums && sums->tokens)
                listed += enter(*sums, double(values), standings);
        }
        if (!(listed > 0)) {
            for (const char* name : {"committee.size", "committee.coverage", "committee.ratio"}) {
                rows.push_back(undefinedRow(name, "no value of the label has tokens with weights"));
                rows.back().params["presence"] = m_presence;
            }
            return;
        }
        for (std::uint16_t e = 0; e < m_numExperts; ++e) {
            Standing& s = standings[e];
            const std::uint64_t missing = values - s.present;
            s.ranks += missing * (m_topK + 1u);
            s.squares += missing * (m_topK + 1u) * (m_topK + 1u);
            const double mean = double(s.ranks) / double(values);
            ResultRow row;
            row.metric = "committee.mean_rank";
            row.expert = ExpertIndex(e);
            row.n = s.present;
            row.value = mean;
            rows.push_back(row);
            row.metric = "committee.rank_variance";
            row.value = double(spread(s, values)) / double(values) / double(values);
            rows.push_back(row);
        }
        const std::vector<std::uint16_t> committee = front(standings, values);
        double coverage = 0;
        for (const std::uint16_t e : committee)
            coverage += standings[e].eci / listed;
        committeeRows(rows, committee, coverage, values);
    }

private:
    /// Adds the list of one value: the k experts of largest ECI. Returns its share of the mean ECI of a list.
    double enter(const GateSums& sums, double values, std::vector<Standing>& standings) const
    {
        std::vector<double> eci;
        for (const FixedSum& weight : sums.weights)
            eci.push_back(weight.sum() / double(sums.tokens));
        std::vector<std::uint16_t> order = expertsByScore(eci);
        order.resize(std::min<std::size_t>(order.size(), m_topK));
        double listed = 0;
        for (std::size_t i = 0; i < order.size() && eci[order[i]] > 0; ++i) {
            Standing& s = standings[order[i]];
            ++s.present;
            s.ranks += i + 1;
            s.squares += (i + 1) * (i + 1);
            s.eci += eci[order[i]] / values;
            listed += eci[order[i]] / values;
        }
        return listed;
    }

    /// The variance of an expert's ranks times values^2: in integers, so that equal ones compare as equal.
    static std::uint64_t spread(const Standing& s, std::uint64_t values)
    {
        return s.squares * values - s.ranks * s.ranks;
    }

    /// Of the experts that are in enough lists those that no other one beats in mean and variance of the rank.
    std::vector<std::uint16_t> front(const std::vector<Standing>& standings, std::uint64_t values) const
    {
        const auto asked = static_cast<std::uint64_t>(std::ceil(m_presence * double(values) - 1e-9));
        const std::uint64_t most = std::ranges::max(standings, {}, &Standing::present).present;
        std::vector<std::uint16_t> candidates, committee;
        for (std::uint16_t e = 0; e < m_numExperts; ++e) {
            if (standings[e].present >= std::min(asked, most))
                candidates.push_back(e);
        }
        for (const std::uint16_t e : candidates) {
            const std::pair mine(standings[e].ranks, spread(standings[e], values));
            const bool beaten = std::ranges::any_of(candidates, [&](std::uint16_t o) {
                const std::pair theirs(standings[o].ranks, spread(standings[o], values));
                return theirs.first <= mine.first && theirs.second <= mine.second && theirs != mine;
            });
            if (!beaten)
                committee.push_back(e);
        }
        std::ranges::stable_sort(committee, {}, [&](std::uint16_t e) { return standings[e].ranks; });
        return committee;
    }

    void committeeRows(std::vector<ResultRow>& rows, const std::vector<std::uint16_t>& committee, double coverage,
        std::uint64_t values) const
    {
        const double size = double(committee.size()), others = m_numExperts - size;
        ResultRow row;
        row.n = values;
        row.params["presence"] = m_presence;
        ResultRow members = row;
        members.metric = "committee.size";
        members.unit = "experts";
        members.value = size;
        members.extreme = true;
        members.other[kExperts] = expertList(committee);
        rows.push_back(std::move(members));
        row.metric = "committee.coverage";
        row.value = coverage;
        rows.push_back(row);
        row.metric = "committee.ratio";
        if (others > 0 && 1 - coverage > 1e-12) {
            row.value = (coverage / size) / ((1 - coverage) / others);
        } else {
            row.value.reset();
            row.undefined = "the committee has all the weight of the lists";
        }
        rows.push_back(row);
    }

    const Label* m_label;
    std::uint16_t m_numExperts, m_topK;
    double m_presence;
    ByValue<GateSums> m_values;
};

}

MetricSpec committeeMetric()
{
    return {
        .name = "committee",
        .definition =
            "of the lists of each label value's k experts with the largest mean gate weight: mean and variance "
            "of an expert's rank (n = lists it is in; k + 1 where it is not); committee = Pareto front of those "
            "in enough lists; its share of the lists' weight, and that of a member over that of another expert",
        .source = "Standing Committee (arXiv 2601.03425), as its Audit_Committee.py; presence 0.8",
        .needs = {{.weights = true}},
        .needsLabel = true,
        .ranges = {{"committee.mean_rank", kNoInterval}, {"committee.rank_variance", kNoInterval},
            {"committee.size", kNoInterval}, {"committee.coverage", kNoInterval}, {"committee.ratio", kNoInterval}},
        .noUniform = "routing by chance has no weights",
        .params = {{"presence", "0.8", "share of the values whose lists a candidate must be in",
            ParameterSpec::Kind::Number, 0, 1, false}},
        .make =
            [](const MetricContext& context) {
                return std::make_unique<ExpertListAccumulator<CommitteeState>>(context);
            },
    };
}

}
