// SPDX-License-Identifier: GPL-3.0-or-later
//
// How much the first choice at one site tells about that at another, of all pairs of sites: the metric
// "mutual_information" at every distance. The path-dependence across layers that MoE papers show for neighbours alone.
#include "io/base/named.h"
#include "views/charts/kinds/expert_map.h"
#include "views/charts/kinds/matrix_map.h"
#include "views/charts/kinds/one_site.h"
#include "views/charts/not_a_number.h"
#include "views/charts/wording.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

constexpr double kMostBytes = 512 << 20; ///< of a worker's counts of pairs of experts

struct MutualInformationQuantity
{
    const char *name, *metric, *title, *unit;
};
constexpr MutualInformationQuantity kMutualInformationQuantities[] = {
    {"relative", "mutual_information.relative", "Mutual information / smaller entropy", ""},
    {"corrected", "mutual_information.corrected", "Mutual information, corrected for bias", "nats"},
    {"plug_in", "mutual_information.top1", "Mutual information", "nats"},
};

struct SitePairs final : ChartData
{
    RoutingShape shape;
    std::vector<SiteIndex> sites;
    QByteArray trace;
    std::string tokens;
    std::vector<ResultsPtr> results; ///< [distance - 1]
    std::size_t reach = 0; ///< largest distance that was counted
    std::size_t furthest = 0; ///< largest there is
};

/// How far apart sites may be so that the counts of all pairs stay within kMostBytes.
std::size_t affordableReach(const SitePairs& data)
{
    double bytes = 0;
    for (std::size_t distance = 1; distance <= data.furthest; ++distance) {
        for (const SiteIndex from : data.sites) {
            const SiteIndex to(std::uint16_t(from.value + distance));
            if (std::ranges::find(data.sites, to) == data.sites.end())
                continue;
            const auto experts = [&](SiteIndex s) { return double(data.shape.sites[std::size_t(s)].numExperts); };
            bytes += 4 * experts(from) * experts(to);
        }
        if (bytes > kMostBytes && distance > 1)
            return distance - 1;
    }
    return data.furthest;
}

Expected<ChartDataPtr> computeMutualInformation(const Study& study, const ChartQuestion& question, const Progress& progress)
{
    auto data = std::make_shared<SitePairs>();
    const RoutingShape& shape = study.shape(question.trace);
    data->shape.sites = shape.sites;
    data->trace = csvTrace(study.traces()[question.trace]);
    data->tokens = describeTokens(question.scope, shape);
    const std::string file = study.traces()[question.trace].path.string();
    if (shape.sites.size() < 2)
        return fail(
            shape.sites.empty() ? "has no routers to draw" : "has one router: mutual_information needs two", file);
    ES_ASSIGN(data->sites, study.sitesOf(question.trace, question.scope));
    if (data->sites.size() < 2)
        return fail("is the only site that is kept: mutual_information needs two",
            "site " + std::to_string(data->sites.front().value), "keep another");
    data->furthest = std::size_t(data->sites.back().value - data->sites.front().value);
    const auto asked = std::size_t(question.params.number("reach"));
    data->reach = asked ? std::min(asked, data->furthest) : affordableReach(*data);
    MetricQuestion metric;
    metric.scope = question.scope;
    for (std::size_t distance = 1; distance <= data->reach; ++distance)
        metric.metrics.push_back({"mutual_information", {{"distance", std::to_string(distance)}}});
    ES_ASSIGN(data->results, study.metrics(question.trace, metric, progress));
    return data;
}

/// [site, site] rows, null where there is none; each pair once, the lower site first.
std::vector<const ResultRow*> pairsOf(const SitePairs& data, const MutualInformationQuantity& quantity)
{
    const std::size_t M = data.sites.size();
    std::vector<const ResultRow*> pairs(M * M);
    const auto place = [&](unsigned site) {
        return std::size_t(std::ranges::find(data.sites, site, &SiteIndex::value) - data.sites.begin());
    };
    for (const ResultsPtr& part : data.results) {
        for (const ResultRow& row : part->rows) {
            const auto to = row.other.find("to_site");
            if (row.metric != quantity.metric || !row.site || !row.value || to == row.other.end())
                continue;
            const std::size_t a = place(row.site->value), b = place(unsigned(std::stoul(to->second)));
            if (a < M && b < M)
                pairs[a * M + b] = pairs[b * M + a] = &row;
        }
    }
    return pairs;
}

Expected<ChartPtr> drawMutualInformation(const ChartDataPtr& computed, const Parameters& params, Look& look)
{
    const auto data = std::static_pointer_cast<const SitePairs>(computed);
    const MutualInformationQuantity& quantity = *named(kMutualInformationQuantities, params.text("quantity"));
    const auto pairs = std::make_shared<const std::vector<const ResultRow*>>(pairsOf(*data, quantity));
    if (std::ranges::all_of(*pairs, [](const ResultRow* row) { return !row; }))
        return nothingToDraw(*data->results.front(), data->tokens, "mutual_information");
    const std::size_t M = data->sites.size();
    const QString unit = quantity.unit;
    const QString title =
        unit.isEmpty() ? QString(quantity.title) : quantity.title + (' ' + unbroken('(' + unit + ')'));
    MatrixCells cells;
    cells.rows.axis = cells.columns.axis = siteAxis(data->sites, data->shape);
    for (const SiteIndex site : data->sites)
        cells.rows.subjects.push_back({.site = site});
    for (const ResultRow* row : *pairs)
        cells.values.push_back(row ? *row->value : kNaN);
    if (data->reach < data->furthest)
        cells.note = QString("Pairs more than %1 routers apart are not drawn").arg(data->reach);
    cells.readout = [data, pairs, M, unit](std::size_t r, std::size_t c) {
        const ResultRow& row = *(*pairs)[r * M + c];
        const auto said = [&](double v) { return unit.isEmpty() ? percentText(v) : numberText(v) + ' ' + unit; };
        QString value = "mutual information " + said(*row.value);
        if (row.uniform)
            value += " (uniform " + said(*row.uniform) + ')';
        return joinedReadout({siteText(data->shape, data->sites[r]),
            "with layer " + QString::number(data->shape.sites[std::size_t(data->sites[c])].layer), value,
            "n = " + countText(row.n) + " tokens"});
    };
    cells.csvHead = csvHead("mutual_information", {data->trace}, data->tokens,
        {"of the first choices at `site` and at `with_site`; uniform: the same under uniform routing",
            "value: " + title});
    cells.csvHead += "layer,site,with_layer,with_site,n,uniform,value\n";
    cells.csvRecord = [data, pairs, M](std::size_t r, std::size_t c) {
        const ResultRow& row = *(*pairs)[r * M + c];
        return csvPlace(data->shape, data->sites[r]) + csvPlace(data->shape, data->sites[c]) + QByteArray::number(qulonglong(row.n)) + ','
            + csvNumber(row.uniform.value_or(kNaN)) + ',';
    };
    return drawMatrix(std::move(cells), CellMeaning::Amount, title, look);
}

}

ChartSpec mutualInformationChart()
{
    ChartOption quantity{{.name = "quantity",
                             .standard = "relative",
                             .meaning = "share of the smaller entropy, or nats, less the bias of few tokens or with it",
                             .kind = ParameterSpec::Kind::Choices,
                             .choices = nameList(kMutualInformationQuantities)},
        "Show"};
    return {
        .name = "mutual_information",
        .title = "Mutual information",
        .definition = "How much the first choice at one layer tells about the first choice at another",
        .options = {quantity,
            {{.name = "reach",
                 .standard = "0",
                 .meaning = "routers from one to the other at most; 0: as many as memory allows",
                 .least = 0,
                 .most = 65534,
                 .whole = true},
                "Reach", true}},
        .compute = computeMutualInformation,
        .draw = drawMutualInformation,
    };
}

}
