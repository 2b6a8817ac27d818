// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which experts of a layer are chosen together more often than their loads explain, and in how many kinds of text:
// matrices of the metric "cofire".
#include "io/base/named.h"
#include "views/charts/kinds/expert_map.h"
#include "views/charts/kinds/label_choice.h"
#include "views/charts/kinds/matrix_map.h"
#include "views/charts/kinds/one_site.h"
#include "views/charts/kinds/seriation.h"
#include "views/charts/wording.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

struct CofireData final : ChartData
{
    RoutingShape shape;
    SiteIndex site;
    QByteArray trace;
    std::string tokens, label, threshold;
    std::size_t values = 0; ///< of the label
    ResultsPtr results;
    const ResultMatrix *lift = nullptr, *support = nullptr; ///< of `results`
    std::vector<std::size_t> order; ///< empty: by id

    std::size_t experts() const { return lift->axes[0].keys.size(); }
};

Expected<ChartDataPtr> computeCofire(const Study& study, const ChartQuestion& question, const Progress& progress)
{
    auto data = std::make_shared<CofireData>();
    const RoutingShape& shape = study.shape(question.trace);
    ES_ASSIGN(data->site, chosenSite(study, question));
    ES_ASSIGN(const Label* const label, chosenLabel(study, question));
    data->shape.sites = shape.sites;
    data->label = label->name;
    data->values = label->values.size();
    data->threshold = question.params.text("lift");
    data->trace = csvTrace(study.traces()[question.trace]);
    data->tokens = describeTokens(question.scope, shape);
    MetricQuestion asked;
    asked.metrics = {{"cofire", {{"lift", data->threshold}}}};
    asked.scope = scopeOfSites(question.scope, {data->site});
    asked.by = label->name;
    asked.simulateUniform = false; // of matrices there is none
    ES_ASSIGN(const auto results, study.metrics(question.trace, asked, progress));
    data->results = results.front();
    for (const ResultMatrix& matrix : data->results->matrices) {
        if (matrix.site == data->site)
            (matrix.metric == "cofire.lift" ? data->lift : data->support) = &matrix;
    }
    if (!data->lift || !data->support
        || std::ranges::all_of(data->lift->values, [](double v) { return std::isnan(v); }))
        return nothingToDraw(*data->results, data->tokens, "cofire");
    if (question.params.text("order") == "seriation")
        data->order = seriate(data->lift->values, data->experts(), data->experts()).rows;
    return data;
}

Expected<ChartPtr> drawCofire(const ChartDataPtr& computed, const Parameters& params, Look& look)
{
    const auto data = std::static_pointer_cast<const CofireData>(computed);
    const bool support = params.text("quantity") == "support";
    const std::size_t E = data->experts();
    const int layer = data->shape.sites[std::size_t(data->site)].layer;
    const QString label = QString::fromStdString(data->label), bar = QString::fromStdString(data->threshold);
    const QString title =
        support ? QString("Values of %1 with a lift of %2 or more").arg(label, bar) : "Lift (both / as loads explain)";
    const QString how = params.text("order") == "id" ? "" : ", by " + QString::fromStdString(params.text("order"));
    MatrixCells cells;
    cells.rows.axis = expertCellAxis("Expert of layer " + QString::number(layer) + how, E);
    cells.columns.axis = expertCellAxis("Other expert" + how, E);
    cells.rows.order = cells.columns.order = data->order;
    for (std::size_t e = 0; e < E; ++e)
        cells.rows.subjects.push_back({.site = data->site, .expert = ExpertIndex(std::uint16_t(e))});
    cells.values = (support ? data->support : data->lift)->values;
    for (std::size_t i = 0; support && i < cells.values.size(); ++i) {
        if (std::isnan(data->lift->values[i])) // of an expert that is never chosen
            cells.values[i] = std::nan("");
    }
    cells.centre = support ? 0 : 1;
    cells.readout = [data, E, label](std::size_t row, std::size_t column) {
        return joinedReadout({siteText(data->shape, data->site), "expert " + QString::number(row),
            "with expert " + QString::number(column), "lift " + numberText(data->lift->values[row * E + column]),
            QString("in %1 of %2 values of %3")
                .arg(countText(std::uint64_t(data->support->values[row * E + column])), countText(data->values), label),
            "n = " + countText(data->lift->n) + " tokens"});
    };
    cells.csvHead = csvHead("cofire", {data->trace}, data->tokens,
        {QString("layer %1, site %2; label: %3; n = %4 tokens")
                .arg(layer)
                .arg(data->site.value)
                .arg(label)
                .arg(data->lift->n),
            "lift: P(both) / (P(one) P(other)); support: values of the label in which it is " + bar
                + " or more with 10 tokens",
            "value: " + title});
    cells.csvHead += "layer,site,expert,with,lift,support,value\n";
    cells.csvRecord = [data, E](std::size_t row, std::size_t column) {
        return csvPlace(data->shape, data->site) + QByteArray::number(qulonglong(row)) + ','
            + QByteArray::number(qulonglong(column)) + ',' + csvNumber(data->lift->values[row * E + column]) + ','
            + csvNumber(data->support->values[row * E + column]) + ',';
    };
    return drawMatrix(std::move(cells), support ? CellMeaning::Amount : CellMeaning::Ratio, title, look);
}

}

ChartSpec cofireChart()
{
    return {
        .name = "cofire",
        .title = "Co-firing",
        .definition =
            "Which experts of a layer are chosen together more often than their loads explain, and in how many "
            "values of a label they are",
        .options = {siteOption(), labelOption(),
            {{.name = "quantity",
                 .standard = "lift",
                 .meaning = "lift over all values together, or in how many of them it is large (support)",
                 .kind = ParameterSpec::Kind::Choices,
                 .choices = {"lift", "support"}},
                "Show"},
            {{.name = "lift", .standard = "2", .meaning = "lift that counts as support", .least = 0, .most = 1e9},
                "Lift of support", true},
            {{.name = "order",
                 .standard = "id",
                 .meaning = "experts by id, or by seriation: those that are alike beside each other",
                 .kind = ParameterSpec::Kind::Choices,
                 .choices = {"id", "seriation"}},
                "Order", true}},
        .compute = computeCofire,
        .draw = drawCofire,
    };
}

}
