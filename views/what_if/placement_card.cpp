// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/what_if/placement_card.h"

#include "analysis/what_if/byte_sizes.h"
#include "views/charts/wording.h"

#include <cmath>
#include <iterator>

namespace expertscope {

namespace {

/// What the table of planners says of each.
struct PlannerColumn
{
    const char *title, *tip, *metric;
    const char *param = nullptr, *word = nullptr;
};
constexpr PlannerColumn kPlannerColumns[] = {
    {"Load / mean", "Load of the busiest GPU over the mean, mean over layers", "placement.max_over_mean", "window", "all"},
    {"Fan-out", "GPUs that a token's experts of one layer are on", "placement.fan_out"},
    {"Next layer", "Pairs (choice, choice at the next layer) on different GPUs", "placement.cross_site", "between", "gpus"},
    {"Sent", "Hidden states that a token sends to other GPUs, all layers", "placement.sent_states", "between", "gpus"},
};
constexpr PlannerColumn kNodeColumns[] = {
    {"Node fan-out", "Nodes that a token's experts of one layer are on", "placement.node_fan_out"},
    {"Sent to nodes", "Hidden states that a token sends to other nodes, all layers", "placement.sent_states", "between", "nodes"},
};

std::vector<PlannerColumn> columnsOf(const PlacementRun& run)
{
    std::vector<PlannerColumn> columns(std::begin(kPlannerColumns), std::end(kPlannerColumns));
    if (run.cluster.nodes > 1)
        columns.insert(columns.end(), std::begin(kNodeColumns), std::end(kNodeColumns));
    return columns;
}

}

QString placementFacts(const PlacementRun& run, std::size_t plan)
{
    // The layer where the chosen plan is worst.
    std::optional<SiteIndex> worst;
    for (const SiteIndex site : run.sites) {
        if (!worst || run.maxOverMean(plan, site) > run.maxOverMean(plan, worst))
            worst = site;
    }
    QStringList facts{QString("%1 on %2 GPUs: largest load / mean %3")
            .arg(QString::fromStdString(run.planners[plan]))
            .arg(run.cluster.gpus)
            .arg(numberText(run.maxOverMean(plan, {})))};
    if (worst)
        facts << QString("worst in %1: %2")
                     .arg(siteText(run.shape, *worst).toLower(), numberText(run.maxOverMean(plan, worst)));
    const double bytes = run.value(plan, "placement.dispatch_bytes", {}, "between", "gpus");
    if (run.bytes > 0 && !std::isnan(bytes))
        facts << "sends " + QString::fromStdString(sizeText(bytes)) + " a token, and as many states come back";
    if (const auto link = run.hottestLink(plan)) {
        facts << QString("hottest link: GPU %1 to %2, %3 times the mean of all%4")
                     .arg(link->from)
                     .arg(link->to)
                     .arg(numberText(link->overMean), link->betweenNodes ? ", between nodes" : "");
        if (run.cluster.nodes > 1)
            facts << percentText(run.shareBetweenNodes(plan)) + " of what is sent crosses nodes";
    }
    facts << "n = " + countText(run.scores[plan].tokens) + " tokens";
    return joinedReadout(facts);
}

Card plannersCard(const PlacementRun& run, std::size_t plan, const QString& facts)
{
    CardWriter out;
    out.paragraph(CardWriter::plain(facts));
    const auto columns = columnsOf(run);
    std::vector<CardWriter::Column> titles{{"Planner", "All of them on the same tokens; the chosen one is bold", false}};
    for (const PlannerColumn& column : columns)
        titles.push_back({column.title, column.tip});
    std::vector<QStringList> rows;
    for (std::size_t p = 0; p < run.planners.size(); ++p) {
        QStringList cells{QString::fromStdString(run.planners[p])};
        for (const PlannerColumn& column : columns)
            cells << numberText(run.value(p, column.metric, {}, column.param, column.word));
        for (QString& cell : cells)
            cell = p == plan ? out.strong(cell) : CardWriter::plain(cell);
        rows.push_back(cells);
    }
    out.table(titles, rows);
    out.note(QString::fromStdString("Contract: " + run.contract));
    return out.card();
}

QByteArray plannersCsv(const PlacementRun& run, const std::string& chosen)
{
    const auto columns = columnsOf(run);
    QByteArray csv = csvHead("placement what-if", {run.trace}, run.tokens, {QString::fromStdString(run.contract)});
    csv += "planner,chosen,metric,between,value\n";
    for (std::size_t p = 0; p < run.planners.size(); ++p) {
        const auto add = [&](const std::string& metric, const std::string& between, double value) {
            csv += csvText(run.planners[p]) + ',' + (run.planners[p] == chosen ? "yes" : "no") + ','
                + csvText(metric) + ',' + csvText(between) + ',' + csvNumber(value) + '\n';
        };
        for (const PlannerColumn& column : columns)
            add(column.metric, column.param && std::string(column.param) == "between" ? column.word : "",
                run.value(p, column.metric, {}, column.param, column.word));
        if (run.cluster.nodes > 1)
            add("share_between_nodes", "nodes", run.shareBetweenNodes(p));
        if (const auto link = run.hottestLink(p))
            add("hottest_link", std::to_string(link->from) + ">" + std::to_string(link->to), link->overMean);
    }
    return csv;
}

}
