// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/charts/kinds/placement_run.h"

#include "views/charts/kinds/expert_map.h"
#include "views/charts/kinds/matrix_map.h"
#include "views/charts/kinds/one_site.h"
#include "views/charts/not_a_number.h"
#include "views/charts/wording.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

double PlacementRun::relative(std::size_t plan, std::size_t site, std::size_t gpu) const
{
    const placement::SiteScore& of = scores[plan].sites[site];
    return of.choices ? double(of.load[gpu]) * cluster.gpus / double(of.choices) : kNaN;
}

double PlacementRun::value(std::size_t plan, const char* metric, std::optional<SiteIndex> site, const char* param,
    const char* word) const
{
    for (const ResultRow& row : results.rows) {
        const auto has = [&](const char* name, const std::string& text) {
            const auto found = row.params.find(name);
            return found != row.params.end() && found->second == ParameterValue(text);
        };
        if (row.metric == metric && row.site == site && row.value && has("planner", planners[plan])
            && (!param || has(param, word)) && (!row.params.contains("dedup") || has("dedup", "yes")))
            return *row.value;
    }
    return kNaN;
}

double PlacementRun::maxOverMean(std::size_t plan, std::optional<SiteIndex> site) const
{
    return value(plan, "placement.max_over_mean", site, "window", "all");
}

std::optional<PlacementRun::Link> PlacementRun::hottestLink(std::size_t plan) const
{
    const auto& sent = scores[plan].sent;
    const std::size_t G = cluster.gpus;
    Link link;
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < sent.size(); ++i) {
        if (i / G == i % G)
            continue;
        all += sent[i];
        if (sent[i] > link.states)
            link = {i / G, i % G, sent[i], 0, false};
    }
    if (all == 0)
        return {};
    link.overMean = double(link.states) * double(G) * double(G - 1) / double(all);
    link.betweenNodes = cluster.nodeOf(std::uint32_t(link.from)) != cluster.nodeOf(std::uint32_t(link.to));
    return link;
}

double PlacementRun::shareBetweenNodes(std::size_t plan) const
{
    const auto& sent = scores[plan].sent;
    const std::size_t G = cluster.gpus;
    double all = 0, apart = 0;
    for (std::size_t i = 0; i < sent.size(); ++i) {
        const bool remote = i / G != i % G;
        all += remote ? double(sent[i]) : 0;
        apart += cluster.nodeOf(std::uint32_t(i / G)) != cluster.nodeOf(std::uint32_t(i % G)) ? double(sent[i]) : 0;
    }
    return all > 0 ? apart / all : kNaN;
}

Expected<std::shared_ptr<PlacementRun>> runPlacement(const Study& study, std::size_t trace, const Scope& scope,
    const PlacementOptions& options, const Progress& progress)
{
    const RoutingShape& shape = study.shape(trace);
    auto data = std::make_shared<PlacementRun>();
    data->shape.sites = shape.sites;
    data->trace = csvTrace(study.traces()[trace]);
    data->tokens = describeTokens(scope, shape);
    data->cluster = {options.gpus, options.nodes};
    PlacementOptions sites = options;
    sites.perSite = true;
    auto asked = checkPlacement(sites);
    if (!asked)
        return fail(asked.error().what,
            "gpus=" + std::to_string(options.gpus) + ", nodes=" + std::to_string(options.nodes), asked.error().hint);
    asked->scope = scope;
    asked->compare.replay.traffic = true;
    ES_ASSIGN(PlacementAnswer answer, comparePlacements(study, trace, *asked, progress));
    data->contract = placement::comparisonContract(answer.compare, answer.comparison);
    for (const placement::NamedPlan& plan : answer.comparison.plans)
        data->planners.push_back(plan.name);
    for (const auto& site : answer.comparison.plans.front().plan.sites())
        data->sites.push_back(site.site);
    data->scores = std::move(answer.comparison.scores);
    data->results = std::move(answer.comparison.results);
    data->bytes = answer.compare.sizes.hidden * answer.compare.sizes.dispatchBytes;
    if (std::ranges::all_of(
            data->scores.front().sites, [](const placement::SiteScore& site) { return site.choices == 0; }))
        return nothingToDraw(data->tokens, study.traces()[trace].name);
    return data;
}

namespace {

Axis gpuAxis(const QString& title, std::uint32_t gpus)
{
    return expertCellAxis(title, gpus);
}

}

Expected<ChartPtr> drawPlacementLoad(const PlacementRunPtr& data, std::size_t plan, Look& look)
{
    const std::size_t G = data->cluster.gpus;
    const QString planner = QString::fromStdString(data->planners[plan]);
    const QString title = "Load of the GPU, " + planner + ' ' + unbroken("(1 = mean)");
    MatrixCells cells;
    cells.rows.axis = siteAxis(data->sites, data->shape);
    cells.columns.axis = gpuAxis("GPU", data->cluster.gpus);
    for (std::size_t s = 0; s < data->sites.size(); ++s) {
        cells.rows.subjects.push_back({.site = data->sites[s]});
        for (std::size_t g = 0; g < G; ++g)
            cells.values.push_back(data->relative(plan, s, g));
    }
    cells.centre = 1;
    if (const double mean = data->maxOverMean(plan, {}); !std::isnan(mean))
        cells.note = "Largest load / mean: " + numberText(mean) + ", mean over layers";
    cells.readout = [data, plan](std::size_t s, std::size_t g) {
        const placement::SiteScore& score = data->scores[plan].sites[s];
        const double most = data->maxOverMean(plan, data->sites[s]);
        return joinedReadout({siteText(data->shape, data->sites[s]), "GPU " + QString::number(g),
            countText(score.load[g]) + " choices", numberText(data->relative(plan, s, g)) + " of the mean",
            std::isnan(most) ? QString() : "largest of the layer " + numberText(most),
            "n = " + countText(score.tokens) + " tokens"});
    };
    cells.csvHead = csvHead("placement", {data->trace}, data->tokens,
        {QString::fromStdString("planner: " + data->planners[plan] + "; " + data->contract),
            "choices: computed on the GPU; max_over_mean: of the layer", "value: " + title});
    cells.csvHead += "layer,site,gpu,choices,max_over_mean,value\n";
    cells.csvRecord = [data, plan](std::size_t s, std::size_t g) {
        return csvPlace(data->shape, data->sites[s]) + QByteArray::number(qulonglong(g)) + ','
            + QByteArray::number(qulonglong(data->scores[plan].sites[s].load[g])) + ',' + csvNumber(data->maxOverMean(plan, data->sites[s]))
            + ',';
    };
    return drawMatrix(std::move(cells), CellMeaning::Ratio, title, look);
}

Expected<ChartPtr> drawPlacementTraffic(const PlacementRunPtr& data, std::size_t plan, Look& look)
{
    if (data->cluster.gpus < 2)
        return fail("one GPU sends to nobody", "measure=traffic", "choose gpus=2 or more");
    const std::size_t G = data->cluster.gpus;
    const double each = data->bytes > 0 ? data->bytes / double(data->scores[plan].tokens) : 1 / double(data->scores[plan].tokens);
    const QString unit = data->bytes > 0 ? "bytes a token" : "hidden states a token";
    const QString title =
        "Sent to the experts' GPUs, " + QString::fromStdString(data->planners[plan]) + ' ' + unbroken('(' + unit + ')');
    MatrixCells cells;
    cells.rows.axis = gpuAxis("GPU of the token", data->cluster.gpus);
    cells.columns.axis = gpuAxis("GPU of the experts", data->cluster.gpus);
    for (std::size_t from = 0; from < G; ++from) {
        for (std::size_t to = 0; to < G; ++to)
            cells.values.push_back(from == to ? kNaN : each * double(data->scores[plan].sent[from * G + to]));
    }
    cells.readout = [data, plan, each, unit, G](std::size_t from, std::size_t to) {
        const std::uint64_t sent = data->scores[plan].sent[from * G + to];
        return joinedReadout({QString("From GPU %1 to GPU %2").arg(from).arg(to), countText(sent) + " hidden states",
            numberText(each * double(sent)) + ' ' + unit, "n = " + countText(data->scores[plan].tokens) + " tokens"});
    };
    cells.csvHead = csvHead("placement", {data->trace}, data->tokens,
        {QString::fromStdString("planner: " + data->planners[plan] + "; " + data->contract),
            QString("hidden_states: sent once a token, layer and GPU, over all layers; n = %1 tokens")
                .arg(data->scores[plan].tokens),
            "value: " + title});
    cells.csvHead += "from_gpu,to_gpu,hidden_states,value\n";
    cells.csvRecord = [data, plan, G](std::size_t from, std::size_t to) {
        return QByteArray::number(qulonglong(from)) + ',' + QByteArray::number(qulonglong(to)) + ','
            + QByteArray::number(qulonglong(data->scores[plan].sent[from * G + to])) + ',';
    };
    return drawMatrix(std::move(cells), CellMeaning::Amount, title, look);
}

}
