// SPDX-License-Identifier: GPL-3.0-or-later
//
// How alike sequences choose their experts: cosines of routing signatures (arXiv 2603.11114), sequences of one kind of
// text beside each other.
#include "views/charts/kinds/label_choice.h"
#include "views/charts/kinds/matrix_map.h"
#include "views/charts/kinds/one_site.h"
#include "views/charts/kinds/seriation.h"
#include "views/charts/wording.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace expertscope {

namespace {

struct Signatures final : ChartData
{
    QByteArray trace;
    std::string tokens, label;
    std::vector<std::uint32_t> sequences;
    std::vector<std::string> names, values; ///< of the sequences; value: empty, none
    std::vector<std::int32_t> codes;
    ResultsPtr results;
    const ResultMatrix* cosine = nullptr; ///< of `results`
    std::vector<std::size_t> alike; ///< by seriation

    const ResultRow* row(const char* metric) const
    {
        const auto found = std::ranges::find_if(
            results->rows, [&](const ResultRow& row) { return row.metric == metric && !row.site && row.value; });
        return found == results->rows.end() ? nullptr : &*found;
    }
};

Expected<ChartDataPtr> computeSignature(const Study& study, const ChartQuestion& question, const Progress& progress)
{
    auto data = std::make_shared<Signatures>();
    const RoutingShape& shape = study.shape(question.trace);
    ES_ASSIGN(const Label* const label, chosenLabel(study, question));
    data->label = label->name;
    data->trace = csvTrace(study.traces()[question.trace]);
    data->tokens = describeTokens(question.scope, shape);
    MetricQuestion asked;
    asked.metrics = {{"signature", {{"sequences", question.params.text("sequences")}}}};
    asked.scope = question.scope;
    asked.by = label->name;
    ES_ASSIGN(const auto results, study.metrics(question.trace, asked, progress));
    data->results = results.front();
    for (const ResultMatrix& matrix : data->results->matrices)
        data->cosine = &matrix;
    if (!data->cosine || std::ranges::all_of(data->cosine->values, [](double v) { return std::isnan(v); }))
        return nothingToDraw(*data->results, data->tokens, "signature");
    for (const std::string& key : data->cosine->axes[0].keys) {
        const auto s = std::uint32_t(std::stoul(key));
        data->sequences.push_back(s);
        data->names.push_back(shape.sequences[s].name);
        data->codes.push_back(label->codes[s]);
        data->values.push_back(label->codes[s] < 0 ? std::string() : label->values[std::size_t(label->codes[s])]);
    }
    data->alike = seriate(data->cosine->values, data->sequences.size(), data->sequences.size()).rows;
    return data;
}

/// Sequences of one value beside each other, those without behind; within one those that are alike.
std::vector<std::size_t> orderOf(const Signatures& data, const std::string& order)
{
    if (order == "id")
        return {};
    std::vector<std::size_t> places = data.alike;
    if (order == "label")
        std::ranges::stable_sort(places, {}, [&](std::size_t s) { return std::uint32_t(data.codes[s]); });
    return places;
}

Expected<ChartPtr> drawSignature(const ChartDataPtr& computed, const Parameters& params, Look& look)
{
    const auto data = std::static_pointer_cast<const Signatures>(computed);
    const std::size_t n = data->sequences.size();
    const QString label = QString::fromStdString(data->label), title = "Cosine of routing signatures";
    const std::string order = params.text("order");
    const QString how = order == "id" ? QString() : order == "label" ? ", by " + label : ", by seriation";
    MatrixCells cells;
    cells.rows.axis = {"Sequence" + how, Axis::Scale::Cells};
    for (const std::uint32_t s : data->sequences) {
        cells.rows.axis.names.push_back(int(s));
        cells.rows.subjects.push_back({.sequence = SequenceIndex(s)});
    }
    cells.columns.axis = cells.rows.axis;
    cells.rows.order = cells.columns.order = orderOf(*data, order);
    cells.values = data->cosine->values;
    const ResultRow *within = data->row("signature.within"), *between = data->row("signature.between"),
                    *effect = data->row("signature.effect");
    if (within && between)
        cells.note =
            QString("%1 the same: %2; another: %3").arg(label, numberText(*within->value), numberText(*between->value))
            + (effect ? ", Cohen's d " + numberText(*effect->value) : QString());
    const auto place = [data](std::size_t s) {
        const QString name = QString::fromStdString(data->names[s]), value = QString::fromStdString(data->values[s]);
        return QString::number(data->sequences[s]) + (name.isEmpty() ? "" : " " + name)
            + (value.isEmpty() ? "" : " (" + value + ')');
    };
    cells.readout = [data, n, place](std::size_t row, std::size_t column) {
        return joinedReadout({"sequence " + place(row), "with " + place(column),
            "cosine " + numberText(data->cosine->values[row * n + column])});
    };
    cells.csvHead = csvHead("signature", {data->trace}, data->tokens,
        {"label: " + label, "value: cosine of how often two sequences choose each expert of each layer"});
    cells.csvHead += "sequence,label_value,with,with_value,value\n";
    cells.csvRecord = [data](std::size_t row, std::size_t column) {
        const auto field = [&](std::size_t s) {
            return QByteArray::number(data->sequences[s]) + ',' + csvText(data->values[s]) + ',';
        };
        return field(row) + field(column);
    };
    return drawMatrix(std::move(cells), CellMeaning::Amount, title, look);
}

}

ChartSpec signatureChart()
{
    return {
        .name = "signature",
        .title = "Routing signatures",
        .definition =
            "How alike sequences choose their experts over all layers: the cosine of each two, sequences with the "
            "same value of a label beside each other",
        .options = {labelOption(),
            {{.name = "order",
                 .standard = "label",
                 .meaning = "sequences by value of the label, by seriation (alike ones beside each other), or as the "
                            "trace has them (id)",
                 .kind = ParameterSpec::Kind::Choices,
                 .choices = {"label", "seriation", "id"}},
                "Order"},
            {{.name = "sequences",
                 .standard = "400",
                 .meaning = "sequences at most, every so-many-th",
                 .least = 2,
                 .most = 5000,
                 .whole = true},
                "Sequences", true}},
        .compute = computeSignature,
        .draw = drawSignature,
    };
}

}
