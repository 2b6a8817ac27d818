// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/charts/kinds/expert_curves.h"

#include "views/charts/kinds/one_site.h"
#include "views/charts/wording.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace expertscope {

namespace {

using Data = ExpertCurvesData;

/// By id; of equals the lower ones.
std::vector<std::size_t> chosenExperts(const Data& data, bool byLoad)
{
    std::vector<double> merit(data.experts());
    for (std::size_t e = 0; e < data.experts(); ++e) {
        double least = INFINITY, most = -INFINITY, sum = 0;
        for (const Data::Step& step : data.steps) {
            least = std::min(least, step.shares[e]);
            most = std::max(most, step.shares[e]);
            sum += step.shares[e];
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

RowPoint pointOf(const Data& data, const Data::Step& step, std::size_t expert, bool ratio)
{
    const double uniform = 1.0 / double(data.experts());
    RowPoint point;
    point.x = step.x;
    point.where = joinedReadout({siteText(data.shape, data.site), step.where});
    point.row.metric = data.metric;
    point.row.value = ratio ? step.shares[expert] / uniform : step.shares[expert];
    point.row.uniform = ratio ? 1 : uniform;
    point.row.n = step.n;
    point.subject.site = data.site;
    point.subject.expert = ExpertIndex(std::uint16_t(expert));
    point.fields = csvPlace(data.shape, data.site) + QByteArray::number(qulonglong(expert)) + ',' + step.fields;
    return point;
}

Expected<ChartPtr> drawExpertCurves(const ChartDataPtr& computed, const Parameters& params, Look&)
{
    const auto data = std::static_pointer_cast<const Data>(computed);
    const bool ratio = params.text("measure") == "ratio", byLoad = params.text("experts") == "load";
    RowPanel panel;
    panel.quantity = ratio ? "Share of choices " + unbroken("/ uniform") : QString("Share of choices");
    panel.x = data->x;
    const std::vector<std::size_t> experts = chosenExperts(*data, byLoad);
    for (const std::size_t expert : experts) {
        RowSeries& series = panel.series.emplace_back(RowSeries{"expert " + QString::number(expert), {}});
        for (const Data::Step& step : data->steps)
            series.points.push_back(pointOf(*data, step, expert, ratio));
    }
    QString note;
    if (experts.size() < data->experts())
        note = QString("%1 of %2 experts, those %3")
                   .arg(experts.size())
                   .arg(data->experts())
                   .arg(byLoad ? "chosen most" : "whose share changes most");
    const QByteArray head = csvHead(
        data->chart, data->names, data->tokens, {"value: " + panel.quantity + " of the layer there; n: choices"});
    return std::make_shared<RowCurves>(
        std::vector{std::move(panel)}, head, "layer,site,expert," + data->columns, std::move(note));
}

}

ChartSpec expertCurvesChart(const char* name, const char* title, const char* definition,
    Expected<ChartDataPtr> (*compute)(const Study&, const ChartQuestion&, const Progress&))
{
    return {
        .name = name,
        .title = title,
        .definition = definition,
        .options = {siteOption(),
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
        .draw = drawExpertCurves,
    };
}

}
