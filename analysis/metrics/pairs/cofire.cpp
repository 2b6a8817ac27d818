// SPDX-License-Identifier: GPL-3.0-or-later
//
// Experts that are chosen together more often than their loads explain, in one kind of text after the other
// (colibri #119: lift, and in how many topics it holds). A table of PairCounts a value of the label and site.
#include "analysis/chance/chance_value.h"
#include "analysis/counts/by_value.h"
#include "analysis/counts/pair_counts.h"
#include "analysis/spine/per_site.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace expertscope {

namespace {

constexpr const char* kPairs = "cofire.pairs";
constexpr const char* kMedian = "cofire.median_lift";
constexpr const char* kMean = "cofire.mean_lift";
constexpr const char* kLargest = "cofire.max_lift";

/// Of a pair of experts.
double liftOf(double together, double one, double other, double tokens)
{
    return one > 0 && other > 0 ? together * tokens / (one * other) : std::numeric_limits<double>::quiet_NaN();
}

class CofireState
{
public:
    CofireState(const MetricContext& context, SiteIndex site)
        : m_label(context.by)
        , m_site(&context.shape->sites[std::size_t(site)])
        , m_lift(context.params.number("lift"))
        , m_least(context.params.number("least"))
        , m_support(context.params.number("support"))
        , m_values(*context.by, [site = m_site] { return SetPairs(*site, *site); })
        , m_runs(context.by->values.size())
    {
    }

    void observe(const Block& block, ChoiceBits& bits)
    {
        for (const SequenceRun& run : block.runs) {
            if (const std::int32_t code = m_label->codes[std::size_t(run.sequence)]; code >= 0)
                m_runs[std::size_t(code)].push_back(run);
        }
        for (std::size_t v = 0; v < m_values.size(); ++v) {
            if (m_runs[v].empty())
                continue;
            Block part = block;
            part.runs = m_runs[v];
            m_values.of(v).observe({part, bits}, {part, bits});
            m_runs[v].clear();
        }
    }

    void add(const CofireState& other) { m_values.add(other.m_values); }
    void persist(Archive& archive) { m_values.persist(archive); }

    void rows(std::vector<ResultRow>& rows) const
    {
        const unsigned E = m_site->numExperts;
        const Table table = counted();
        std::vector<double> canonical;
        double largest = -1, sum = 0, lifts = 0;
        std::pair<unsigned, unsigned> where;
        for (unsigned i = 0; i < E; ++i) {
            for (unsigned j = i + 1; j < E; ++j) {
                const double lift = table.lifts[std::size_t(i) * E + j];
                if (std::isnan(lift))
                    continue;
                sum += lift;
                ++lifts;
                if (table.support[std::size_t(i) * E + j] >= m_support * double(table.values))
                    canonical.push_back(lift);
                if (table.together[std::size_t(i) * E + j] >= m_least && lift > largest) {
                    largest = lift;
                    where = {i, j};
                }
            }
        }
        const auto add = [&](const char* name, const char* unit, const char* whyNone) -> ResultRow& {
            ResultRow& row = rows.emplace_back();
            row.metric = name;
            row.unit = unit;
            row.n = table.tokens;
            if (whyNone)
                row.undefined = whyNone;
            return row;
        };
        const char* const none = table.tokens == 0 ? "no value of the label has tokens" : nullptr;
        const char* const noPair = none ? none : "no two experts were chosen";
        const std::map<std::string, ParameterValue> asked{{"lift", m_lift}, {"least", m_least}, {"support", m_support}};
        ResultRow& pairs = add(kPairs, "pairs", none);
        pairs.params = asked;
        if (!none)
            pairs.value = double(canonical.size());
        ResultRow& median = add(kMedian, "1", none ? none : canonical.empty() ? "no pair has the support" : nullptr);
        median.params = asked;
        if (!canonical.empty()) {
            std::ranges::sort(canonical);
            const std::size_t half = canonical.size() / 2;
            median.value = canonical.size() % 2 ? canonical[half] : (canonical[half - 1] + canonical[half]) / 2;
        }
        if (ResultRow& row = add(kMean, "1", lifts > 0 ? nullptr : noPair); lifts > 0) {
            row.value = sum / lifts;
            if (table.choices > 0 && E > 1)
                row.uniform = double(table.ordered) * double(table.tokens)
                    / (double(table.choices) * double(table.choices)) * E / (E - 1.0);
        }
        ResultRow& row = add(kLargest, "1", largest >= 0 ? nullptr : none ? none : "no pair has so many tokens");
        row.params["least"] = m_least;
        if (largest >= 0) {
            row.value = largest;
            row.expert = ExpertIndex(std::uint16_t(where.first));
            row.other["with"] = std::to_string(where.second);
            row.extreme = true;
        }
    }

    void matrices(std::vector<ResultMatrix>& matrices) const
    {
        Table table = counted();
        const auto add = [&](const char* name, const char* unit, std::vector<double> values) {
            ResultMatrix& matrix = matrices.emplace_back();
            matrix.metric = name;
            matrix.unit = unit;
            matrix.n = table.tokens;
            if (matrix.metric == "cofire.support")
                matrix.params = {{"lift", m_lift}, {"least", m_least}};
            matrix.axes = {expertAxis("expert", m_site->numExperts), expertAxis("with", m_site->numExperts)};
            matrix.values = std::move(values);
        };
        add("cofire.lift", "1", std::move(table.lifts));
        add("cofire.support", "values", std::move(table.support));
    }

private:
    /// All values together, and in how many of them a pair is one; [E, E], NaN on the diagonal.
    struct Table
    {
        std::vector<double> together, lifts, support;
        std::uint64_t tokens = 0, choices = 0, ordered = 0; ///< ordered: pairs of different choices of a token
        std::size_t values = 0; ///< that have tokens
    };

    Table counted() const
    {
        const std::size_t E = m_site->numExperts;
        const double nan = std::numeric_limits<double>::quiet_NaN();
        Table table{std::vector<double>(E * E), std::vector<double>(E * E, nan), std::vector<double>(E * E)};
        std::vector<double> single(E);
        for (const auto& pairs : m_values) {
            if (!pairs || pairs->tokens() == 0)
                continue;
            ++table.values;
            table.tokens += pairs->tokens();
            for (unsigned i = 0; i < E; ++i) {
                single[i] += double(pairs->tokensOf(i));
                table.choices += pairs->tokensOf(i);
                for (unsigned j = 0; j < E; ++j) {
                    const std::uint64_t together = pairs->count(i, j);
                    if (i == j)
                        continue;
                    table.ordered += together;
                    table.together[i * E + j] += double(together);
                    const double lift = liftOf(double(together), double(pairs->tokensOf(i)), double(pairs->tokensOf(j)),
                        double(pairs->tokens()));
                    table.support[i * E + j] += double(together) >= m_least && lift >= m_lift;
                }
            }
        }
        for (std::size_t i = 0; i < E; ++i) {
            table.support[i * E + i] = nan;
            for (std::size_t j = 0; j < E; ++j) {
                if (i != j)
                    table.lifts[i * E + j] =
                        liftOf(table.together[i * E + j], single[i], single[j], double(table.tokens));
            }
        }
        return table;
    }

    const Label* m_label;
    const Site* m_site;
    double m_lift, m_least, m_support;
    ByValue<SetPairs> m_values;
    std::vector<std::vector<SequenceRun>> m_runs; ///< scratch, by label value
};

}

MetricSpec cofireMetric()
{
    return {
        .name = "cofire",
        .definition =
            "lift of two experts of a site, P(both) / (P(one) P(other)): mean and largest over pairs; pairs whose lift "
            "is `lift` or more, with `least` tokens, in a share `support` or more of the label's values, and the "
            "median "
            "of their lifts; n = tokens with the label",
        .source = "colibri #119: lift above a threshold in 5 of 10 topics",
        .needsLabel = true,
        .simulateUniform = true,
        .ranges = {{kPairs, kNoInterval}, {kMedian, kNoInterval}, {kMean, kNoInterval}, {kLargest, kNoInterval}},
        .anyTokens = true,
        .params = {{"lift", "2", "lift that a pair must have", ParameterSpec::Kind::Number, 0, 1e9},
            {"least", "10", "tokens that a pair must have", ParameterSpec::Kind::Number, 0, 1e9, true},
            {"support", "0.5", "share of the label's values that it must hold in", ParameterSpec::Kind::Number, 0, 1}},
        .make =
            [](const MetricContext& context) {
                return std::make_unique<PerSiteAccumulator<CofireState>>(context, true);
            },
    };
}

}
