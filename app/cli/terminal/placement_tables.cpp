// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/terminal/placement_tables.h"

#include "app/cli/terminal/byte_units.h"
#include "app/cli/terminal/table.h"
#include "io/base/text.h"

#include <algorithm>

namespace expertscope {

using namespace placement;

namespace {

/// A column of the table: a row of the whole model with these parameters besides those that all rows have.
struct Measure
{
    std::string header, metric, note;
    std::map<std::string, ParameterValue> params = {};
    const char* pattern = "%.3f";
    double unit = 1; ///< is divided by
};

std::vector<Measure> measuresOf(const CompareRequest& request, const PlannerComparison& comparison)
{
    double largest = 0;
    for (const ResultRow& row : comparison.results.rows)
        largest = std::max(largest, row.metric == "placement.memory" ? row.value.value_or(0) : 0);
    std::vector<Measure> measures{
        {"max/mean", "max_over_mean", "load of the fullest GPU over the mean, all tokens", {{"window", "all"}}}};
    for (const std::uint32_t window : request.replay.windows) {
        const std::string length = std::to_string(window);
        measures.push_back({"@" + length, "max_over_mean",
            "the same within " + length + " consecutive tokens, mean over such windows", {{"window", length}}});
    }
    if (request.replay.batch > 0) {
        const std::string batch = std::to_string(request.replay.batch);
        measures.push_back({"batch " + batch, "max_over_mean",
            "the same within decode steps of " + batch + " sequences side by side, mean over such steps",
            {{"batch", batch}}});
    }
    measures.push_back({"fan-out", "fan_out", "GPUs a token's experts of one site are on"});
    measures.push_back({"cross", "cross_site", "share of (choice, choice at the next site) pairs on different GPUs",
        {{"between", "gpus"}}});
    measures.push_back(
        {"sent", "sent_states", "hidden states a token sends, all sites", {{"between", "gpus"}, {"dedup", "yes"}}});
    if (request.plan.cluster.nodes > 1) {
        measures.push_back({"node fan-out", "node_fan_out", "nodes a token's experts of one site are on"});
        measures.push_back({"node cross", "cross_site", "such pairs on different nodes", {{"between", "nodes"}}});
        measures.push_back({"node sent", "sent_states", "hidden states a token sends to other nodes, all sites",
            {{"between", "nodes"}, {"dedup", "yes"}}});
    }
    if (request.sizes.hidden)
        measures.push_back({"KiB/token", "dispatch_bytes", "their bytes on the way to the experts, 2 an element",
            {{"between", "gpus"}, {"dedup", "yes"}}, "%.1f", 1024});
    measures.push_back({"moved", "moved_experts", "experts that must be sent to get there from contiguous",
        {{"between", "gpus"}}, "%.0f"});
    if (!request.sizes.expertBytes.empty())
        measures.push_back({largest < kGiB ? "MiB/GPU" : "GiB/GPU", "memory", "experts' weights on the fullest GPU",
            {{"of", "largest"}}, "%.2f", largest < kGiB ? kGiB / 1024 : kGiB});
    return measures;
}

std::string cellOf(
    const PlannerComparison& comparison, const std::string& planner, const char* tokens, const Measure& measure)
{
    for (const ResultRow& row : comparison.results.rows) {
        const auto has = [&](const auto& param) {
            const auto found = row.params.find(param.first);
            return found != row.params.end() && found->second == param.second;
        };
        if (row.site || row.metric != "placement." + measure.metric
            || !has(std::pair{"planner", ParameterValue(planner)}) || !has(std::pair{"tokens", ParameterValue(tokens)})
            || !std::ranges::all_of(measure.params, has))
            continue;
        return row.value ? format(measure.pattern, *row.value / measure.unit) : "-";
    }
    return "-";
}

}

std::string placementTables(const CompareRequest& request, const PlannerComparison& comparison, std::size_t width)
{
    const auto measures = measuresOf(request, comparison);
    std::string text;
    for (const char* tokens : {"held_out", "learning"}) {
        const bool learning = std::string(tokens) == "learning";
        if (learning && !request.scoreLearning)
            continue;
        TextTable table;
        table.addColumn("planner", TextTable::Align::Left, true);
        for (const Measure& measure : measures)
            table.addColumn(measure.header, TextTable::Align::Right);
        for (const NamedPlan& plan : comparison.plans) {
            std::vector<std::string> cells{printable(plan.name)};
            for (const Measure& measure : measures)
                cells.push_back(cellOf(comparison, plan.name, tokens, measure));
            table.addRow(std::move(cells));
        }
        text += learning ? "\nOn the tokens that the plans were learnt from (flattering)\n" : "\nOn held-out tokens\n";
        text += table.toString(width);
    }
    text += '\n';
    for (const Measure& measure : measures)
        text += wrapped(measure.header + ": " + measure.note, width, 2);
    return text;
}

}
