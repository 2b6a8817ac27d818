// SPDX-License-Identifier: GPL-3.0-or-later
//
// Whether where a token stands decides where it goes (metrics 4): the load of a site's experts over the position in the
// sequence, OpenMoE's (arXiv 2402.01739) polygons of position ids as curves.
#include "views/charts/kinds/row_curves.h"
#include "views/charts/wording.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace expertscope {

namespace {

struct PositionData final : ChartData
{
    RoutingShape shape;
    SiteIndex site;
    QByteArray name;
    QString trace;
    std::string tokens;
    ResultsPtr results;
    const ResultMatrix* matrix = nullptr; ///< [bin, expert] of `results`

    std::size_t bins() const { return matrix->axes[0].keys.size(); }
    std::size_t experts() const { return matrix->axes[1].keys.size(); }
    double share(std::size_t bin, std::size_t expert) const { return matrix->values[bin * experts() + expert]; }
};

Expected<SiteIndex> siteOf(const Study& study, const ChartQuestion& question)
{
    const std::size_t sites = study.shape(question.trace).sites.size();
    const std::string where = "site " + question.params.text("site");
    if (question.params.number("site") >= double(sites))
        return fail("there is no such site", where, "sites go from 0 to " + std::to_string(sites - 1));
    const SiteIndex site(std::uint16_t(question.params.number("site")));
    ES_ASSIGN(const std::vector<SiteIndex> kept, study.sitesOf(question.trace, question.scope));
    if (std::ranges::find(kept, site) == kept.end())
        return fail("is not among the sites that are kept", where, "choose " + std::to_string(kept.front().value));
    return site;
}

Expected<ChartDataPtr> compute(const Study& study, const ChartQuestion& question, const Progress& progress)
{
    auto data = std::make_shared<PositionData>();
    const NamedTrace& trace = study.traces()[question.trace];
    data->shape.sites = study.shape(question.trace).sites;
    ES_ASSIGN(data->site, siteOf(study, question));
    data->name = csvTrace(trace);
    data->trace = QString::fromStdString(trace.name);
    data->tokens = describeTokens(question.scope, study.shape(question.trace));
    MetricQuestion metric;
    metric.metrics = {{"spread"}};
    metric.scope = question.scope;
    metric.scope.layers.clear();
    metric.scope.sites = {data->site};
    ES_ASSIGN(const auto results, study.metrics(question.trace, metric, progress));
    data->results = results.front();
    const std::string where = data->tokens.empty() ? trace.name : data->tokens;
    for (const ResultMatrix& matrix : data->results->matrices) {
        if (matrix.metric == "spread.by_position" && matrix.site == data->site && !matrix.label)
            data->matrix = &matrix;
    }
    if (!data->matrix) {
        const auto& rows = data->results->rows;
        return fail("nothing to draw: " + (rows.empty() ? std::string("no positions") : rows.front().undefined), where);
    }
    if (std::ranges::all_of(data->matrix->values, [](double v) { return std::isnan(v); }))
        return fail("holds no choices: nothing to draw", where);
    return data;
}

/// The experts that are drawn: of the largest load, or whose share changes most; ties to the lower id.
std::vector<std::size_t> chosenExperts(const PositionData& data, bool byLoad)
{
    std::vector<double> merit(data.experts());
    for (std::size_t e = 0; e < data.experts(); ++e) {
        double least = INFINITY, most = -INFINITY, sum = 0;
        for (std::size_t b = 0; b < data.bins(); ++b) {
            if (const double share = data.share(b, e); !std::isnan(share)) {
                least = std::min(least, share);
                most = std::max(most, share);
                sum += share;
            }
        }
        merit[e] = byLoad ? sum : most - least;
    }
    std::vector<std::size_t> order(data.experts());
    std::iota(order.begin(), order.end(), std::size_t(0));
    std::ranges::stable_sort(order, std::greater(), [&](std::size_t e) { return merit[e]; });
    order.resize(std::min(order.size(), kMostColours));
    std::ranges::sort(order);
    return order;
}

RowPoint pointOf(const PositionData& data, std::size_t bin, std::size_t expert, bool ratio)
{
    const double uniform = *data.matrix->uniform;
    const auto percent = [&](std::size_t b) { return 100 * double(b) / double(data.bins()); };
    RowPoint point;
    point.x = (percent(bin) + percent(bin + 1)) / 2;
    point.where = siteText(data.shape, data.site)
        + QString(" · %1 % to %2 % of the sequence").arg(percent(bin), 0, 'g', 3).arg(percent(bin + 1), 0, 'g', 3);
    point.row.metric = data.matrix->metric;
    point.row.value = data.share(bin, expert) / (ratio ? uniform : 1);
    point.row.uniform = ratio ? 1 : uniform;
    point.row.n = data.matrix->n;
    point.subject.site = data.site;
    point.subject.expert = ExpertIndex(std::uint16_t(expert));
    const int layer = data.shape.sites[std::size_t(data.site)].layer;
    point.fields = csvText(data.trace.toStdString()) + ',' + QByteArray::number(layer) + ','
        + QByteArray::number(data.site.value) + ',' + QByteArray::number(qulonglong(expert)) + ','
        + csvNumber(percent(bin)) + ',' + csvNumber(percent(bin + 1));
    return point;
}

Expected<ChartPtr> draw(const ChartDataPtr& computed, const Parameters& params, Look&)
{
    const auto data = std::static_pointer_cast<const PositionData>(computed);
    const bool ratio = params.text("measure") == "ratio", byLoad = params.text("experts") == "load";
    RowPanel panel;
    panel.quantity = ratio ? "Share of choices " + unbroken("/ uniform") : QString("Share of choices");
    panel.x = {"Position in the sequence " + unbroken("(% of the longest)"), Axis::Scale::Linear, 0, 100};
    const std::vector<std::size_t> experts = chosenExperts(*data, byLoad);
    for (const std::size_t expert : experts) {
        RowSeries& series = panel.series.emplace_back(RowSeries{"expert " + QString::number(expert), {}});
        for (std::size_t bin = 0; bin < data->bins(); ++bin) {
            if (!std::isnan(data->share(bin, expert)))
                series.points.push_back(pointOf(*data, bin, expert, ratio));
        }
    }
    QString note;
    if (experts.size() < data->experts())
        note = QString("%1 of %2 experts, those %3")
                   .arg(experts.size())
                   .arg(data->experts())
                   .arg(byLoad ? "chosen most" : "whose share changes most");
    const QByteArray head = csvHead("position", {data->name}, data->tokens,
        {"value: " + panel.quantity + " of all choices from `from` to `to` percent of the longest sequence"});
    return std::make_shared<RowCurves>(
        std::vector{std::move(panel)}, head, "trace,layer,site,expert,from,to", std::move(note));
}

}

ChartSpec positionChart()
{
    return {
        .name = "position",
        .title = "Load over positions",
        .definition = "Which share of a layer's choices experts get over the position in the sequence",
        .options = {{{.name = "site",
                         .standard = "0",
                         .meaning = "router, counted from 0 through the model",
                         .least = 0,
                         .most = 65534,
                         .whole = true},
                        "Site", true},
            {{.name = "experts",
                 .standard = "change",
                 .meaning = "which experts are drawn: those whose share changes most, or of the largest load",
                 .kind = ParameterSpec::Kind::Choices,
                 .choices = {"change", "load"}},
                "Experts"},
            {{.name = "measure",
                 .standard = "ratio",
                 .meaning = "share of choices, or ratio to what uniform routing would give",
                 .kind = ParameterSpec::Kind::Choices,
                 .choices = {"ratio", "share"}},
                "Show"}},
        .compute = compute,
        .draw = draw,
    };
}

}
