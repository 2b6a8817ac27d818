// SPDX-License-Identifier: GPL-3.0-or-later
//
// How differently parallel texts are routed, each value of a label against each: the metrics "divergence" and
// "divergence_ids" (metrics 5) with every value as the reference. arXiv 2510.04694, Figure 2, draws the row of English.
#include "views/charts/kinds/label_choice.h"
#include "views/charts/kinds/matrix_map.h"
#include "views/charts/kinds/one_site.h"
#include "views/charts/kinds/seriation.h"
#include "views/charts/kinds/word_axis.h"
#include "views/charts/not_a_number.h"
#include "views/charts/wording.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace expertscope {

namespace {

constexpr std::size_t kMostValues = 40; ///< as many passes' worth of memory as values

struct Divergences final : ChartData
{
    RoutingShape shape;
    SiteIndex site;
    QByteArray trace;
    std::string tokens, label, metric;
    std::vector<std::string> values;
    std::size_t left = 0; ///< values that are not drawn
    std::vector<ResultsPtr> results; ///< [reference]

    /// [value, reference] rows of a kind, "jsd" or "d_hjs"; on the diagonal the value's own split halves.
    std::vector<const ResultRow*> rowsOf(const std::string& kind) const
    {
        const std::size_t V = values.size();
        std::vector<const ResultRow*> rows(V * V);
        for (std::size_t reference = 0; reference < V; ++reference) {
            for (const ResultRow& row : results[reference]->rows) {
                if (row.site != site || !row.label || !row.value)
                    continue;
                const auto value = std::size_t(std::ranges::find(values, row.label->second) - values.begin());
                if (value == V)
                    continue;
                if (row.metric == metric + '.' + kind && value != reference)
                    rows[value * V + reference] = &row;
                // Halves of a value are those of its pairs with the reference: the first reference that has them.
                if (row.metric == metric + ".split_half_" + kind && !rows[value * V + value])
                    rows[value * V + value] = &row;
            }
        }
        return rows;
    }
};

/// Values whose sequences have no parallel ones have no row and no column.
void leaveOutSingles(Divergences& data)
{
    const auto rows = data.rowsOf("jsd");
    const std::size_t V = data.values.size();
    std::vector<std::string> values;
    std::vector<ResultsPtr> results;
    for (std::size_t v = 0; v < V; ++v) {
        const auto own = std::span(rows).subspan(v * V, V);
        if (std::ranges::any_of(own, [](const ResultRow* row) { return row != nullptr; })) {
            values.push_back(data.values[v]);
            results.push_back(data.results[v]);
        }
    }
    if (values.empty()) // what they say of that
        results = {data.results.front()};
    data.values = std::move(values);
    data.results = std::move(results);
}

Expected<ChartDataPtr> computeLabelDivergence(const Study& study, const ChartQuestion& question, const Progress& progress)
{
    auto data = std::make_shared<Divergences>();
    const RoutingShape& shape = study.shape(question.trace);
    ES_ASSIGN(data->site, chosenSite(study, question));
    ES_ASSIGN(const Label* const label, chosenLabel(study, question, question.params.text("pair")));
    data->shape.sites = shape.sites;
    data->label = label->name;
    data->trace = csvTrace(study.traces()[question.trace]);
    data->tokens = describeTokens(question.scope, shape);
    data->metric = question.params.text("of") == "logits" ? "divergence" : "divergence_ids";
    data->values = label->values;
    if (data->values.size() > kMostValues) {
        data->left = data->values.size() - kMostValues;
        data->values.resize(kMostValues);
    }
    MetricQuestion asked;
    asked.scope = scopeOfSites(question.scope, {data->site});
    asked.by = label->name;
    asked.simulateUniform = false; // as often as there are values
    for (const std::string& value : data->values)
        asked.metrics.push_back({data->metric, {{"pair", question.params.text("pair")}, {"reference", value}}});
    ES_ASSIGN(data->results, study.metrics(question.trace, asked, progress));
    leaveOutSingles(*data);
    if (data->values.empty())
        return nothingToDraw(*data->results.front(), data->tokens, "label=" + label->name);
    return data;
}

Expected<ChartPtr> drawLabelDivergence(const ChartDataPtr& computed, const Parameters& params, Look& look)
{
    const auto data = std::static_pointer_cast<const Divergences>(computed);
    const bool relative = params.text("quantity") == "d_hjs";
    const auto rows = std::make_shared<const std::vector<const ResultRow*>>(data->rowsOf(params.text("quantity")));
    if (std::ranges::all_of(*rows, [](const ResultRow* row) { return !row; }))
        return fail("routed uniformly: there is nothing to normalise by", "quantity=d_hjs", "choose quantity=jsd");
    const std::size_t V = data->values.size();
    const int layer = data->shape.sites[std::size_t(data->site)].layer;
    const QString title = relative ? QString("Divergence of routing / " + unbroken("(log E − mean entropy)"))
                                   : "Jensen-Shannon divergence of routing " + unbroken("(nats)");
    MatrixCells cells;
    cells.rows.axis = wordAxis(QString::fromStdString(data->label), data->values);
    cells.columns.axis = wordAxis(QString::fromStdString("Reference " + data->label), data->values);
    for (const std::string& value : data->values)
        cells.rows.subjects.push_back({.site = data->site, .label = LabelFilter{data->label, value}});
    for (const ResultRow* row : *rows)
        cells.values.push_back(row ? *row->value : kNaN);
    if (params.text("order") == "seriation") {
        std::vector<double> alike; // near ones have a small divergence
        double most = 0;
        for (const double v : cells.values)
            most = std::isnan(v) ? most : std::max(most, v);
        for (const double v : cells.values)
            alike.push_back(most - v);
        cells.rows.order = cells.columns.order = seriate(alike, V, V).rows;
    }
    cells.note = "Diagonal: halves of the same texts";
    if (data->left)
        cells.note += QString("; %1 more values are not drawn").arg(data->left);
    cells.readout = [data, rows, V, relative](std::size_t r, std::size_t c) {
        const ResultRow& row = *(*rows)[r * V + c];
        const QString value = QString::fromStdString(data->values[r]);
        return joinedReadout({siteText(data->shape, data->site),
            r == c ? value + ", even against odd tokens"
                   : value + " against " + QString::fromStdString(data->values[c]),
            numberText(*row.value) + (relative ? "" : " nats"), "n = " + countText(row.n) + " pairs"});
    };
    cells.csvHead = csvHead("label_divergence", {data->trace}, data->tokens,
        {QString("layer %1, site %2; label: %3; metric: %4.%5, with the same value twice split_half")
                .arg(layer)
                .arg(data->site.value)
                .arg(QString::fromStdString(data->label), QString::fromStdString(data->metric),
                    relative ? "d_hjs" : "jsd"),
            "value: " + title});
    cells.csvHead += "layer,site,label_value,reference,n,value\n";
    cells.csvRecord = [data, rows, V](std::size_t r, std::size_t c) {
        return csvPlace(data->shape, data->site) + csvText(data->values[r])
            + ',' + csvText(data->values[c]) + ',' + QByteArray::number(qulonglong((*rows)[r * V + c]->n)) + ',';
    };
    return drawMatrix(std::move(cells), CellMeaning::Amount, title, look);
}

}

ChartSpec labelDivergenceChart()
{
    return {
        .name = "label_divergence",
        .title = "Divergence of labels",
        .definition =
            "How differently a layer routes parallel texts of each two values of a label, beside what two halves "
            "of one text show",
        .options = {siteOption(), labelOption(),
            {{.name = "quantity",
                 .standard = "jsd",
                 .meaning = "Jensen-Shannon divergence, or D_HJS: the same over log E less the mean entropy",
                 .kind = ParameterSpec::Kind::Choices,
                 .choices = {"jsd", "d_hjs"}},
                "Show"},
            {{.name = "of",
                 .standard = "ids",
                 .meaning = "shares of choices (ids), or mean router vectors, which need logits",
                 .kind = ParameterSpec::Kind::Choices,
                 .choices = {"ids", "logits"}},
                "Of", true},
            {{.name = "pair",
                 .standard = "parallel",
                 .meaning = "label that parallel sequences share",
                 .kind = ParameterSpec::Kind::Text},
                "Pairs by", true},
            {{.name = "order",
                 .standard = "id",
                 .meaning = "values as the trace has them, or by seriation: alike ones beside each other",
                 .kind = ParameterSpec::Kind::Choices,
                 .choices = {"id", "seriation"}},
                "Order", true}},
        .compute = computeLabelDivergence,
        .draw = drawLabelDivergence,
    };
}

}
