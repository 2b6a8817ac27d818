// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which experts of a site the kinds of text prefer: "specialisation.share" (metrics 3.3) of each value of a label. As
// OLMoE, Figures 22 and 23 (domains), and Mixtral, Figure 7, whose bars have a panel a layer.
#include "views/charts/kinds/expert_matrix.h"
#include "views/charts/kinds/label_choice.h"
#include "views/charts/kinds/one_site.h"
#include "views/charts/kinds/seriation.h"
#include "views/charts/kinds/word_axis.h"
#include "views/charts/not_a_number.h"
#include "views/charts/wording.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

constexpr std::size_t kMostRows = 60; ///< rows that can be told apart: of more the ones with most tokens

struct LabelLoads final : ChartData
{
    RoutingShape shape;
    SiteIndex site;
    QByteArray trace;
    std::string tokens, label;
    ResultsPtr results;
    LoadTablePtr whole; ///< all tokens, whatever their label
    struct Value
    {
        std::string name;
        std::vector<const ResultRow*> shares; ///< [expert] of `results`
        std::uint64_t tokens() const { return shares.front()->n; }
    };
    std::vector<Value> values;
    std::size_t left = 0; ///< values that are not drawn
    std::vector<std::size_t> rowOrder, columnOrder; ///< empty: by id

    std::size_t experts() const { return shape.sites[std::size_t(site)].numExperts; }
    double inWhole(std::size_t expert) const
    {
        const double tokens = double(whole->tokens[std::size_t(site)]);
        return double(whole->count(site, ExpertIndex(std::uint16_t(expert)))) / tokens;
    }
    /// Share of the value's tokens that chose the expert, against that of all; NaN where nobody did.
    double toWhole(std::size_t value, std::size_t expert) const
    {
        const double all = inWhole(expert);
        return all > 0 ? *values[value].shares[expert]->value / all : kNaN;
    }
};

void collect(LabelLoads& data, const Label& label)
{
    for (const std::string& name : label.values) {
        LabelLoads::Value value{name, std::vector<const ResultRow*>(data.experts())};
        for (const ResultRow& row : data.results->rows) {
            if (row.metric == "specialisation.share" && row.site == data.site && row.expert && row.label
                && row.label->second == name)
                value.shares[std::size_t(*row.expert)] = &row;
        }
        if (std::ranges::all_of(value.shares, [](const ResultRow* row) { return row && row->value; }))
            data.values.push_back(std::move(value));
    }
    if (data.values.size() <= kMostRows)
        return;
    std::vector<std::uint64_t> tokens;
    for (const auto& value : data.values)
        tokens.push_back(value.tokens());
    std::ranges::nth_element(tokens, tokens.begin() + kMostRows - 1, std::greater());
    const std::uint64_t least = tokens[kMostRows - 1];
    data.left = std::size_t(std::erase_if(data.values, [&](const auto& value) { return value.tokens() < least; }));
    while (data.values.size() > kMostRows) { // as many tokens: the earlier ones
        data.values.pop_back();
        ++data.left;
    }
}

void arrange(LabelLoads& data, const std::string& order)
{
    if (order == "load") {
        data.columnOrder = expertsByLoad(*data.whole, data.site, data.experts());
    } else if (order == "seriation") {
        std::vector<double> shares;
        for (const auto& value : data.values) {
            for (const ResultRow* row : value.shares)
                shares.push_back(*row->value);
        }
        Seriation found = seriate(shares, data.values.size(), data.experts());
        data.rowOrder = std::move(found.rows);
        data.columnOrder = std::move(found.columns);
    }
}

Expected<ChartDataPtr> computeLoadByLabel(const Study& study, const ChartQuestion& question, const Progress& progress)
{
    auto data = std::make_shared<LabelLoads>();
    const RoutingShape& shape = study.shape(question.trace);
    ES_ASSIGN(data->site, chosenSite(study, question));
    ES_ASSIGN(const Label* const label, chosenLabel(study, question));
    data->shape.sites = shape.sites;
    data->label = label->name;
    data->trace = csvTrace(study.traces()[question.trace]);
    data->tokens = describeTokens(question.scope, shape);
    MetricQuestion asked;
    asked.metrics = {{"specialisation"}};
    asked.scope = scopeOfSites(question.scope, {data->site});
    asked.by = label->name;
    ES_ASSIGN(const auto results, study.metrics(question.trace, asked, partOf(progress, 0, 0.7)));
    data->results = results.front();
    ES_ASSIGN(data->whole, study.load(question.trace, asked.scope, partOf(progress, 0.7, 1)));
    collect(*data, *label);
    if (data->values.empty())
        return nothingToDraw(*data->results, data->tokens, "label=" + label->name);
    arrange(*data, question.params.text("order"));
    return data;
}

struct Measure
{
    bool share, toWhole;
    QString title(const std::string& label) const
    {
        const QString whose = "Share of the tokens of a " + QString::fromStdString(label) + ' ';
        return whose + unbroken(share ? "(%)" : toWhole ? "/ of all tokens" : "/ uniform");
    }
};

double valueOf(const LabelLoads& data, const Measure& measure, std::size_t value, std::size_t expert)
{
    const ResultRow& row = *data.values[value].shares[expert];
    if (measure.share)
        return 100 * *row.value;
    if (measure.toWhole)
        return data.toWhole(value, expert);
    return row.uniform.value_or(0) > 0 ? *row.value / *row.uniform : kNaN;
}

QString readout(const LabelLoads& data, const Measure& measure, std::size_t value, std::size_t expert)
{
    const ResultRow& row = *data.values[value].shares[expert];
    QString said = percentText(*row.value) + " of its tokens";
    if (row.uniform)
        said += " (uniform " + percentText(*row.uniform) + ')';
    const QString all = "all tokens " + percentText(data.inWhole(expert));
    const double ratio = valueOf(data, measure, value, expert);
    return joinedReadout({siteText(data.shape, data.site), "expert " + QString::number(expert),
        QString::fromStdString(data.label + ' ' + data.values[value].name), said, all,
        measure.share ? QString() : numberText(ratio) + (measure.toWhole ? " of all tokens'" : " of uniform"),
        "n = " + countText(row.n) + " tokens"});
}

Expected<ChartPtr> drawLoadByLabel(const ChartDataPtr& computed, const Parameters& params, Look& look)
{
    const auto data = std::static_pointer_cast<const LabelLoads>(computed);
    const std::string& named = params.text("measure");
    const Measure measure{named == "share", named == "whole"};
    const int layer = data->shape.sites[std::size_t(data->site)].layer;
    const std::size_t E = data->experts();
    MatrixCells cells;
    cells.columns.axis = orderedExpertAxis("Expert of layer " + QString::number(layer), E, params);
    cells.columns.order = data->columnOrder;
    cells.rows.order = data->rowOrder;
    std::vector<std::string> names;
    for (std::size_t v = 0; v < data->values.size(); ++v) {
        names.push_back(data->values[v].name);
        cells.rows.subjects.push_back({.site = data->site, .label = LabelFilter{data->label, names.back()}});
        for (std::size_t e = 0; e < E; ++e)
            cells.values.push_back(valueOf(*data, measure, v, e));
    }
    for (std::size_t e = 0; e < E; ++e)
        cells.columns.subjects.push_back({.expert = ExpertIndex(std::uint16_t(e))});
    cells.rows.axis = wordAxis(QString::fromStdString(data->label), names);
    cells.centre = 1;
    if (data->left)
        cells.note = QString("The %1 values with most tokens; %2 more are not drawn").arg(names.size()).arg(data->left);
    cells.readout = [data, measure](std::size_t v, std::size_t e) { return readout(*data, measure, v, e); };
    const QString title = measure.title(data->label);
    cells.csvHead = csvHead("load_by_label", {data->trace}, data->tokens,
        {QString("layer %1, site %2; label: %3")
                .arg(layer)
                .arg(data->site.value)
                .arg(QString::fromStdString(data->label)),
            "share: of the tokens of `label_value` those that chose `expert`; uniform: the same under uniform routing; "
            "share_of_all: of all tokens; n: tokens of the value",
            "value: " + title});
    cells.csvHead += "layer,site,label_value,expert,share,uniform,share_of_all,n,value\n";
    cells.csvRecord = [data](std::size_t v, std::size_t e) {
        const ResultRow& row = *data->values[v].shares[e];
        return csvPlace(data->shape, data->site) + csvText(data->values[v].name) + ',' + QByteArray::number(qulonglong(e)) + ',' + csvNumber(*row.value)
            + ',' + csvNumber(row.uniform.value_or(kNaN)) + ',' + csvNumber(data->inWhole(e)) + ','
            + QByteArray::number(qulonglong(row.n)) + ',';
    };
    cells.observations = [data](std::size_t v, std::size_t e) {
        const ResultRow& row = *data->values[v].shares[e];
        return std::uint64_t(std::llround(*row.value * double(row.n)));
    };
    return drawMatrix(std::move(cells), measure.share ? CellMeaning::Amount : CellMeaning::Ratio, title, look);
}

}

ChartSpec loadByLabelChart()
{
    return {
        .name = "load_by_label",
        .title = "Load by label",
        .definition = "How often the tokens of each value of a label choose each expert of a layer, against all tokens "
                      "or uniform routing",
        .options = {siteOption(), labelOption(),
            {{.name = "measure",
                 .standard = "whole",
                 .meaning =
                     "ratio of the share to that of all tokens (whole) or to uniform routing, or the share itself",
                 .kind = ParameterSpec::Kind::Choices,
                 .choices = {"whole", "uniform", "share"}},
                "Show"},
            {{.name = "order",
                 .standard = "id",
                 .meaning = "experts by id, by load, or, and label values too, by seriation: alike ones side by side",
                 .kind = ParameterSpec::Kind::Choices,
                 .choices = {"id", "load", "seriation"}},
                "Order", true}},
        .compute = computeLoadByLabel,
        .draw = drawLoadByLabel,
    };
}

}
