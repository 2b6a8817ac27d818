// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/charts/kinds/flow_window.h"

#include "views/charts/kinds/flow_order.h"
#include "views/charts/kinds/one_site.h"
#include "views/charts/wording.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

FlowCell FlowGap::cell(std::size_t i, std::size_t j) const
{
    const std::size_t at = i * columns() + j;
    return {i, j, count->values[at], from->values[i], expected->values[at], z->values[at]};
}

FlowBlockCount FlowWindow::block(std::size_t column, std::size_t expert) const
{
    FlowBlockCount block;
    if (column < gaps.size()) {
        const FlowGap& after = gaps[column];
        block = {after.sharesFrom[expert], std::uint64_t(after.from->values[expert]), after.tokens};
    }
    if (column > 0 && gaps[column - 1].sharesTo[expert] > block.share) {
        const FlowGap& before = gaps[column - 1];
        block = {before.sharesTo[expert], std::uint64_t(before.to->values[expert]), before.tokens};
    }
    return block;
}

namespace {

Expected<std::vector<SiteIndex>> windowOf(const Study& study, const ChartQuestion& question)
{
    const std::size_t count = study.shape(question.trace).sites.size();
    const auto number = [&](const char* name) { return std::size_t(question.params.number(name)); };
    const std::size_t first = number("site"), distance = number("distance");
    const std::string name = "site " + question.params.text("site");
    if (count < 2)
        return fail(count ? "has one router: flow needs two in a row" : "has no routers to draw",
            study.traces()[question.trace].path.string());
    if (first >= count)
        return fail("there is no such site", name, "sites go from 0 to " + std::to_string(count - 1));
    if (distance >= count)
        return fail("no two routers lie that far apart", "distance " + std::to_string(distance),
            "choose " + std::to_string(count - 1) + " or lower");
    const std::size_t steps = std::min(number("columns") - 1, (count - 1) / distance);
    const std::size_t begin = std::min(first, count - 1 - steps * distance);
    ES_ASSIGN(const std::vector<SiteIndex> kept, study.sitesOf(question.trace, question.scope));
    std::vector<SiteIndex> sites;
    for (std::size_t i = 0; i <= steps; ++i) {
        sites.emplace_back(std::uint16_t(begin + i * distance));
        if (std::ranges::find(kept, sites.back()) == kept.end())
            return fail("is not among the sites that are kept", "site " + std::to_string(sites.back().value),
                "keep as many in a row as the window has");
    }
    return sites;
}

std::vector<double> shares(const ResultMatrix& count, bool ofRows, double all)
{
    const std::size_t columns = count.axes[1].keys.size();
    std::vector<double> sums(count.axes[ofRows ? 0 : 1].keys.size());
    for (std::size_t at = 0; at < count.values.size(); ++at)
        sums[ofRows ? at / columns : at % columns] += count.values[at];
    for (double& sum : sums)
        sum = all > 0 ? sum / all : 0;
    return sums;
}

FlowGap gapOf(const Results& results, SiteIndex site)
{
    FlowGap gap;
    for (const ResultMatrix& matrix : results.matrices) {
        if (matrix.site != site || matrix.label)
            continue;
        for (const auto& [name, into] : {std::pair("flow.count", &gap.count), {"flow.expected", &gap.expected},
                 {"flow.z", &gap.z}, {"flow.from", &gap.from}, {"flow.to", &gap.to}}) {
            if (matrix.metric == name)
                *into = &matrix;
        }
    }
    for (const ResultRow& row : results.rows) {
        if (row.site != site || row.label || !row.value)
            continue;
        if (row.metric == "flow.excess")
            gap.excess = *row.value;
        else if (row.metric == "flow.floor")
            gap.floor = *row.value;
    }
    if (!gap.count)
        return gap;
    for (const double c : gap.count->values)
        gap.pairs += c;
    gap.tokens = gap.count->n;
    gap.sharesFrom = shares(*gap.count, true, gap.pairs);
    gap.sharesTo = shares(*gap.count, false, gap.pairs);
    return gap;
}

Expected<std::vector<FlowGap>> gapsOf(const Results& results, const FlowWindow& window)
{
    std::vector<FlowGap> gaps;
    for (std::size_t c = 0; c + 1 < window.columns(); ++c) {
        gaps.push_back(gapOf(results, window.sites[c]));
        if (!(gaps.back().pairs > 0))
            return nothingToDraw(results, window.tokens, "flow");
    }
    return gaps;
}

/// Experts of the columns from the top down: what is more than chance crosses as little as can be.
std::vector<std::vector<std::size_t>> ordersOf(const std::vector<FlowGap>& gaps)
{
    std::vector<std::vector<double>> sizes;
    std::vector<std::vector<FlowLink>> links;
    for (const FlowGap& gap : gaps) {
        sizes.push_back(gap.sharesFrom);
        links.emplace_back();
        for (std::size_t i = 0; i < gap.rows(); ++i) {
            for (std::size_t j = 0; j < gap.columns(); ++j) {
                const FlowCell cell = gap.cell(i, j);
                if (cell.excess() > 0 && cell.z > 0)
                    links.back().push_back({i, j, 100 * cell.excess() / gap.pairs});
            }
        }
    }
    sizes.push_back(gaps.back().sharesTo);
    return flowOrder(sizes, links);
}

}

Expected<ChartDataPtr> computeFlowWindow(const Study& study, const ChartQuestion& question, const Progress& progress)
{
    auto data = std::make_shared<FlowWindow>();
    data->shape.sites = study.shape(question.trace).sites;
    ES_ASSIGN(data->sites, windowOf(study, question));
    data->trace = csvTrace(study.traces()[question.trace]);
    data->tokens = describeTokens(question.scope, study.shape(question.trace));
    MetricQuestion asked;
    asked.metrics = {{"flow", {{"distance", question.params.text("distance")}}}};
    asked.scope = scopeOfSites(question.scope, data->sites);
    ES_ASSIGN(const auto results, study.metrics(question.trace, asked, partOf(progress, 0, 0.5)));
    data->results = results.front();
    ES_ASSIGN(data->gaps, gapsOf(*data->results, *data));
    asked.scope = scopeOfSites({}, data->sites);
    ES_ASSIGN(const auto whole, study.metrics(question.trace, asked, partOf(progress, 0.5, 1)));
    ES_ASSIGN(const std::vector<FlowGap> all, gapsOf(*whole.front(), *data));
    data->orders = ordersOf(all);
    for (const auto& order : data->orders) {
        data->places.emplace_back(order.size());
        for (std::size_t place = 0; place < order.size(); ++place)
            data->places.back()[order[place]] = place;
    }
    return data;
}

}
