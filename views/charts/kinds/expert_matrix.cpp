// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/charts/kinds/expert_matrix.h"

#include "views/charts/kinds/expert_map.h"
#include "views/charts/kinds/one_site.h"
#include "views/charts/kinds/seriation.h"
#include "views/charts/wording.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace expertscope {

ChartOption expertOrderOption()
{
    return {{.name = "order",
                .standard = "id",
                .meaning = "experts by id, by load, or by seriation: those that are alike beside each other",
                .kind = ParameterSpec::Kind::Choices,
                .choices = {"id", "load", "seriation"}},
        "Order", true};
}

ChartOption shareOption()
{
    return {{.name = "measure",
                .standard = "share",
                .meaning = "share of tokens, or ratio to what uniform routing would give",
                .kind = ParameterSpec::Kind::Choices,
                .choices = {"share", "ratio"}},
        "Show"};
}

std::vector<std::size_t> expertsByLoad(const LoadTable& load, SiteIndex site, std::size_t experts)
{
    std::vector<std::size_t> order(experts);
    std::iota(order.begin(), order.end(), std::size_t(0));
    std::ranges::stable_sort(
        order, std::greater(), [&](std::size_t e) { return load.count(site, ExpertIndex(std::uint16_t(e))); });
    return order;
}

namespace {

Expected<void> arrange(ExpertMatrix& data, const Study& study, const ChartQuestion& question, const Scope& scope,
    double base, const Progress& progress)
{
    const std::string& order = question.params.text("order");
    if (order == "load") {
        ES_ASSIGN(const LoadTablePtr load, study.load(question.trace, scope, progress));
        data.rowOrder = expertsByLoad(*load, data.from, data.rows());
        data.columnOrder = expertsByLoad(*load, data.to, data.columns());
    } else if (order == "seriation") {
        std::vector<double> ties = data.matrix->values;
        for (double& value : ties)
            value -= base; // what has nothing in common does not tie
        Seriation found = seriate(ties, data.rows(), data.columns());
        data.rowOrder = std::move(found.rows);
        data.columnOrder = data.from == data.to ? data.rowOrder : std::move(found.columns);
    }
    return {};
}

}

Expected<ChartDataPtr> computeExpertMatrix(const Study& study, const ChartQuestion& question,
    const MetricRequest& metric, const std::string& name, SiteIndex from, SiteIndex to, const Progress& progress,
    double base)
{
    auto data = std::make_shared<ExpertMatrix>();
    const RoutingShape& shape = study.shape(question.trace);
    data->shape.sites = shape.sites;
    data->from = from;
    data->to = to;
    data->trace = csvTrace(study.traces()[question.trace]);
    data->tokens = describeTokens(question.scope, shape);
    MetricQuestion asked;
    asked.metrics = {metric};
    asked.scope = scopeOfSites(question.scope,
        from == to ? std::vector{from} : std::vector{from, to}); // of more sites there are more matrices
    const bool loads = question.params.text("order") == "load";
    ES_ASSIGN(const auto results, study.metrics(question.trace, asked, partOf(progress, 0, loads ? 0.7 : 1)));
    data->results = results.front();
    for (const ResultMatrix& matrix : data->results->matrices) {
        if (matrix.metric == name && matrix.site == from && !matrix.label)
            data->matrix = &matrix;
    }
    if (!data->matrix || std::ranges::all_of(data->matrix->values, [](double v) { return std::isnan(v); }))
        return nothingToDraw(*data->results, data->tokens, metric.name);
    ES_TRY(arrange(*data, study, question, asked.scope, base, partOf(progress, 0.7, 1)));
    return data;
}

Axis orderedExpertAxis(const QString& title, std::size_t count, const Parameters& params)
{
    const std::string& order = params.text("order");
    return expertCellAxis(order == "id" ? title : title + ", by " + QString::fromStdString(order), count);
}

Expected<ChartPtr> drawShares(
    const ExpertMatrixPtr& data, const ShareWords& words, const Parameters& params, Look& look)
{
    const ResultMatrix& matrix = *data->matrix;
    const bool ratio = params.text("measure") == "ratio";
    if (ratio && !(matrix.uniform.value_or(0) > 0))
        return fail("uniform routing has nothing to compare with", "measure=ratio", "choose measure=share");
    const QString title = "Share of " + words.whose + " tokens " + unbroken(ratio ? "/ uniform" : "(%)");
    const int layer = data->layer(data->from);
    MatrixCells cells;
    cells.rows.axis = orderedExpertAxis("Expert of layer " + QString::number(layer), data->rows(), params);
    cells.columns.axis = orderedExpertAxis(words.columnTitle, data->columns(), params);
    for (std::size_t e = 0; e < data->rows(); ++e)
        cells.rows.subjects.push_back({.site = data->from, .expert = ExpertIndex(std::uint16_t(e))});
    cells.rows.order = data->rowOrder;
    cells.columns.order = data->columnOrder;
    cells.values.resize(matrix.values.size());
    std::ranges::transform(matrix.values, cells.values.begin(),
        [&](double share) { return ratio ? share / *matrix.uniform : 100 * share; });
    cells.centre = ratio ? 1 : 100 * matrix.uniform.value_or(0);
    cells.readout = [data, words, ratio](std::size_t row, std::size_t column) {
        const ResultMatrix& matrix = *data->matrix;
        const double share = data->value(row, column);
        QString said = percentText(share) + " of its tokens", times;
        if (matrix.uniform) {
            said += " (uniform " + percentText(*matrix.uniform) + ')';
            if (ratio || words.alwaysRatio)
                times = numberText(share / *matrix.uniform) + " of uniform";
        }
        return joinedReadout({siteText(data->shape, data->from), "expert " + QString::number(row),
            words.columnText(column), said, times, "n = " + countText(matrix.n) + " tokens"});
    };
    std::vector<QString> lines = words.csvLines;
    lines.push_back("value: " + title);
    cells.csvHead = csvHead(words.chart, {data->trace}, data->tokens, lines);
    cells.csvHead += "layer,site,expert," + words.csvOther + ",share,uniform,value\n";
    cells.csvRecord = [data, words](std::size_t row, std::size_t column) {
        return csvPlace(data->shape, data->from) + QByteArray::number(qulonglong(row)) + ',' + words.csvOfColumn(column)
            + csvNumber(data->value(row, column)) + ',' + csvNumber(data->matrix->uniform.value_or(std::nan(""))) + ',';
    };
    return drawMatrix(std::move(cells), ratio ? CellMeaning::Ratio : CellMeaning::Amount, title, look);
}

}
