// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/charts/kinds/flow_gaps.h"

#include "analysis/chance/independence.h"

#include <cmath>
#include <numeric>

namespace expertscope {

namespace {

const ResultMatrix* matrixOf(const Results& results, SiteIndex site, const char* metric)
{
    for (const ResultMatrix& matrix : results.matrices) {
        if (matrix.site == site && !matrix.label && matrix.metric == metric)
            return &matrix;
    }
    return nullptr;
}

double valueOf(const Results& results, SiteIndex site, const char* metric)
{
    for (const ResultRow& row : results.rows) {
        if (row.site == site && !row.label && row.metric == metric)
            return row.value.value_or(0);
    }
    return 0;
}

/// Rows' and columns' sums of the counts.
void sum(const FlowGap& gap, std::vector<double>& from, std::vector<double>& to)
{
    from.assign(gap.rows, 0);
    to.assign(gap.columns, 0);
    for (std::size_t i = 0; i < gap.rows; ++i) {
        for (std::size_t j = 0; j < gap.columns; ++j) {
            from[i] += gap.count[i * gap.columns + j];
            to[j] += gap.count[i * gap.columns + j];
        }
    }
}

/// Of one choice a site and token: independent sites deal out the tokens of the one anew.
void expectFirst(FlowGap& gap)
{
    gap.expected.clear();
    gap.z.clear();
    for (std::size_t i = 0; i < gap.rows; ++i) {
        for (std::size_t j = 0; j < gap.columns; ++j) {
            const IndependentMarks chance(double(gap.tokens), gap.from[i], gap.to[j]);
            gap.expected.push_back(chance.expected());
            gap.z.push_back(chance.z(gap.count[i * gap.columns + j]));
        }
    }
}

}

MetricRequest flowMetricOf(const std::string& choices, const std::string& distance)
{
    return {choices == "weights" ? "flow_weights" : "flow", {{"distance", distance}}};
}

FlowGap flowGapOf(const Results& results, SiteIndex site, const std::string& choices)
{
    const bool weights = choices == "weights", first = choices == "first";
    FlowGap gap;
    const ResultMatrix* const count = matrixOf(results, site,
        weights     ? "flow_weights.sum"
            : first ? "flow.top1_count"
                    : "flow.count");
    if (!count)
        return gap;
    gap.rows = count->axes[0].keys.size();
    gap.columns = count->axes[1].keys.size();
    gap.tokens = count->n;
    gap.count = count->values;
    gap.pairs = std::accumulate(gap.count.begin(), gap.count.end(), 0.0);
    if (!(gap.pairs > 0))
        return gap;
    std::vector<double> from, to;
    sum(gap, from, to);
    for (const double value : from)
        gap.sharesFrom.push_back(value / gap.pairs);
    for (const double value : to)
        gap.sharesTo.push_back(value / gap.pairs);
    if (first || weights) {
        gap.from = std::move(from);
        gap.to = std::move(to);
    } else {
        gap.from = matrixOf(results, site, "flow.from")->values;
        gap.to = matrixOf(results, site, "flow.to")->values;
    }
    if (first) {
        expectFirst(gap);
    } else {
        gap.expected = matrixOf(results, site, weights ? "flow_weights.expected" : "flow.expected")->values;
        gap.z = matrixOf(results, site, weights ? "flow_weights.z" : "flow.z")->values;
    }
    gap.excess = valueOf(results, site, weights ? "flow_weights.excess" : first ? "flow.top1_excess" : "flow.excess");
    gap.floor = valueOf(results, site, weights ? "flow_weights.floor" : first ? "flow.top1_floor" : "flow.floor");
    return gap;
}

FlowGap flowGapAgainst(FlowGap gap, const FlowGap& all)
{
    double deviation = 0, byChance = 0;
    for (std::size_t at = 0; at < gap.count.size(); ++at) {
        const IndependentMarks chance(double(all.tokens), double(gap.tokens), all.count[at]);
        gap.expected[at] = chance.expected();
        gap.z[at] = chance.z(gap.count[at]);
        deviation += std::abs(gap.count[at] - chance.expected());
        byChance += chance.meanDeviation();
    }
    gap.excess = deviation / (2 * gap.pairs);
    gap.floor = byChance / (2 * gap.pairs);
    return gap;
}

}
