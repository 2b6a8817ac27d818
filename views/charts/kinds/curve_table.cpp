// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/charts/kinds/curve_table.h"

#include "analysis/metrics/needs.h"
#include "analysis/spine/per_site.h"
#include "io/base/named.h"
#include "views/charts/kinds/against.h"
#include "views/charts/kinds/curve_series.h"
#include "views/charts/kinds/label_choice.h"
#include "views/charts/wording.h"

#include <algorithm>

namespace expertscope {

namespace {

constexpr std::string_view kByLayer = "_by_layer"; ///< behind an axis: a curve a layer, not of the whole model

struct CurveData final : ChartData
{
    CurveAnswer answer;
    std::vector<QByteArray> names; ///< of the traces, as tables name them
    std::vector<QString> sides; ///< what each curve is of, where two sides are compared
    std::string tokens;
};

std::string metricOf(const CurveQuantity& quantity)
{
    const std::string row = quantity.row;
    return row.substr(0, row.find('.'));
}

const MetricSpec& specOf(const CurveQuantity& quantity)
{
    return *findMetric(metricOf(quantity)).value(); // a chart names metrics that there are
}

/// Quantities of one metric come with the same pass: then choosing between them only draws.
bool sharePass(const CurveTable& table)
{
    return std::ranges::all_of(
        table.quantities, [&](const CurveQuantity& q) { return metricOf(q) == metricOf(table.quantities.front()); });
}

std::vector<const CurveQuantity*> chosen(const CurveTable& table, const Parameters& params)
{
    std::vector<const CurveQuantity*> quantities;
    if (table.quantities.size() == 1)
        return {&table.quantities.front()};
    for (const std::string& name : params.choices("quantity"))
        quantities.push_back(named(table.quantities, name));
    return quantities;
}

const ParameterSpec* declaredBy(const MetricSpec& metric, const CurveParameter& parameter)
{
    return named(metric.params, parameter.name);
}

/// The metrics that quantities are rows of, each once, with the parameters that they have.
std::vector<MetricRequest> requestsOf(const CurveTable& table, const Parameters& params)
{
    std::vector<MetricRequest> requests;
    for (const CurveQuantity* quantity : chosen(table, params)) {
        const MetricSpec& metric = specOf(*quantity);
        if (named(requests, metric.name))
            continue;
        MetricRequest& request = requests.emplace_back(MetricRequest{metric.name});
        for (const CurveParameter& parameter : table.parameters) {
            if (declaredBy(metric, parameter))
                request.params[parameter.name] = params.text(parameter.name);
        }
    }
    return requests;
}

/// What to do about rows that a trace cannot have.
std::string hintFor(const MetricSpec& metric, const RoutingShape& shape)
{
    if (metric.needs.empty() || firstRecorded(metric.needs, shape.columns))
        return {};
    const auto any = [&](bool Columns::*column) {
        return std::ranges::any_of(metric.needs, [&](const Columns& need) { return need.*column; });
    };
    if (any(&Columns::logits))
        return "expertscope capture --logits records them";
    if (any(&Columns::predictedIds) || any(&Columns::loss))
        return "expertscope capture --loss records them";
    return "a trace of expertscope capture holds them";
}

/// The label whose values are compared: the one asked for, or the first that has two.
Expected<std::string> labelFor(
    const CurveTable& table, const Parameters& params, const NamedTrace& trace, const RoutingShape& shape)
{
    if (table.by == CurveTable::By::Never)
        return std::string();
    const std::string& asked = params.text("by");
    if (table.by == CurveTable::By::Asked || !asked.empty())
        return asked;
    const auto pair = params.all().find("pair"); // says which sequences belong together: not what they differ in
    const Label* const paired = pair == params.all().end() ? nullptr : shape.label(pair->second);
    for (const std::size_t most : {kFewValues, SIZE_MAX}) {
        for (const Label& label : shape.labels) {
            if (label.values.size() <= most && valuesMeet(label, paired))
                return label.name;
        }
    }
    return fail(
        "has no label with two values to compare", trace.name, "labels come with the prompts that are captured");
}

/// What has curves of its own.
struct CurveSide
{
    Side side;
    std::string name;
};

/// The two that are asked for, else each trace. `data`: is told what they are.
Expected<std::vector<CurveSide>> sidesOf(
    const Study& study, const ChartQuestion& question, CurveData& data, const Progress& progress)
{
    ES_ASSIGN(const auto asked, askedSides(study, question, {}, progress));
    std::vector<CurveSide> sides;
    if (asked) {
        sides = {{asked->a, asked->names.first}, {asked->b, asked->names.second}};
        data.tokens = describeTokens(asked->common, study.shape(question.trace));
        data.sides = {sideWords(study, asked->a, asked->names.first, asked->extents.first),
            sideWords(study, asked->b, asked->names.second, asked->extents.second)};
    } else {
        for (std::size_t trace = 0; trace < study.traces().size(); ++trace)
            sides.push_back({{trace, question.scope}, study.traces()[trace].name});
    }
    for (const CurveSide& side : sides) {
        QByteArray name = csvTrace(study.traces()[side.side.trace]);
        if (std::ranges::find(data.names, name) == data.names.end() || !asked)
            data.names.push_back(std::move(name));
    }
    return sides;
}

Expected<CurveAnswer> ofEachSide(const Study& study, const std::vector<CurveSide>& sides, const MetricQuestion& asked,
    const Progress& progress)
{
    CurveAnswer answer;
    answer.by = asked.by;
    const double count = double(sides.size());
    for (std::size_t i = 0; i < sides.size(); ++i) {
        const auto& [side, name] = sides[i];
        MetricQuestion question = asked;
        question.scope = side.scope;
        auto results =
            study.metrics(side.trace, question, partOf(progress, double(i) / count, double(i + 1) / count));
        if (!results) {
            Error error = results.error();
            if (sides.size() > 1 && error.what != kCancelled) // which of them does not have it
                error.where = name + (error.where.empty() ? "" : ": " + error.where);
            return tl::unexpected(std::move(error));
        }
        CurveRows& rows = answer.traces.emplace_back();
        rows.name = QString::fromStdString(name);
        rows.shape.sites = study.shape(side.trace).sites;
        for (const ResultsPtr& of : *results) {
            for (const ResultRow& row : of->rows) {
                if (row.expert)
                    continue;
                rows.rows.push_back(row);
                rows.rows.back().other.erase("to_site"); // follows from the site
            }
        }
    }
    return answer;
}

/// Error: nothing of what is drawn has a value in one of the traces.
Expected<void> checkValues(
    const CurveTable& table, const Study& study, const ChartQuestion& question, const CurveData& data)
{
    for (std::size_t i = 0; i < data.answer.traces.size(); ++i) {
        const auto& rows = data.answer.traces[i].rows;
        if (std::ranges::any_of(rows, [](const ResultRow& row) { return row.value.has_value(); }))
            continue;
        const std::string name = data.answer.traces[i].name.toStdString();
        const std::string where = data.tokens.empty() ? name : data.tokens;
        const auto said = std::ranges::find_if(rows, [](const ResultRow& row) { return !row.undefined.empty(); });
        if (said == rows.end() || said->undefined == kNoTokens)
            return fail("holds no choices: nothing to draw", where);
        return fail("nothing to draw: " + said->undefined, where,
            hintFor(specOf(*chosen(table, question.params).front()), study.shape(std::min(i, study.traces().size() - 1))));
    }
    return {};
}

Expected<ChartDataPtr> compute(
    const CurveTable& table, const Study& study, const ChartQuestion& question, const Progress& progress)
{
    auto data = std::make_shared<CurveData>();
    data->tokens = describeTokens(question.scope, study.shape(question.trace));
    MetricQuestion metrics;
    metrics.metrics = requestsOf(table, question.params);
    metrics.scope = question.scope;
    metrics.bootstrap = unsigned(question.params.number("bootstrap"));
    if (metrics.bootstrap == 1)
        return fail("one replicate gives no interval", "bootstrap", "0, or 2 and more");
    ES_ASSIGN(
        metrics.by, labelFor(table, question.params, study.traces()[question.trace], study.shape(question.trace)));
    if (table.answer) {
        for (const NamedTrace& trace : study.traces())
            data->names.push_back(csvTrace(trace));
        ES_ASSIGN(data->answer, table.answer(study, metrics, progress));
    } else {
        ES_ASSIGN(const auto sides, sidesOf(study, question, *data, progress));
        ES_ASSIGN(data->answer, ofEachSide(study, sides, metrics, progress));
    }
    data->answer.someLayers = !question.scope.sites.empty() || !question.scope.layers.empty();
    ES_TRY(checkValues(table, study, question, *data));
    return data;
}

/// Says of series what the picture does not.
QString noteOn(const CurvePanels& made, const CurveView& view)
{
    QStringList said;
    const auto rows = [&](auto holds) {
        return std::ranges::any_of(made.panels, [&](const RowPanel& panel) {
            return std::ranges::any_of(
                panel.series, [&](const RowSeries& series) { return std::ranges::any_of(series.points, holds); });
        });
    };
    if (rows([](const RowPoint& point) { return point.row.interval.has_value(); }))
        said << "Bands: 95 % intervals over sequences";
    else if (std::ranges::any_of(view.quantities, [](const CurveQuantity* q) { return q->quantiles != nullptr; }))
        said << "Bands: 90 % of the tokens, 5 % below and 5 % above";
    for (const auto& [reason, names] : made.missing)
        said << names.join(", ") + ": " + QString::fromStdString(reason);
    std::size_t most = 0;
    for (const RowPanel& panel : made.panels)
        most = std::max(most, std::size_t(std::ranges::count_if(panel.series, hasValues)));
    if (most > kMostColours)
        said << QString("%1 of %2 curves are in colour").arg(kMostColours).arg(most);
    return said.join("; ");
}

Expected<ChartPtr> drawCurveTable(const CurveTable& table, const ChartDataPtr& computed, const Parameters& params)
{
    const auto data = std::static_pointer_cast<const CurveData>(computed);
    CurveView view;
    view.quantities = chosen(table, params);
    if (!table.axes.empty()) {
        view.over = params.text("over");
        if (view.over.ends_with(kByLayer)) {
            view.over.resize(view.over.size() - kByLayer.size());
            view.eachLayer = true;
        }
    }
    ES_ASSIGN(CurvePanels made, panelsOf(table, data->answer, view));
    std::vector<QString> lines = data->sides;
    for (const CurveQuantity* quantity : view.quantities) {
        lines.push_back(QString("value: ") + quantity->title + ": " + quantity->meaning);
        if (quantity->quantiles && params.number("bootstrap") == 0)
            lines.push_back("lower, upper: 5 % of the tokens are below, 5 % above");
    }
    for (const MetricRequest& request : requestsOf(table, params)) {
        for (const auto& [name, value] : request.params)
            lines.push_back(QString::fromStdString(request.name + ": " + name + " = " + value));
    }
    const QByteArray head = csvHead(table.name, data->names, data->tokens, lines);
    QStringList notes(data->sides.begin(), data->sides.end());
    notes << noteOn(made, view);
    notes.removeAll(QString());
    return std::make_shared<RowCurves>(std::move(made.panels), head, made.places, notes.join("; "));
}

ChartOption wordOption(const char* name, const char* title, const char* meaning, std::string standard)
{
    return {{.name = name, .standard = std::move(standard), .meaning = meaning, .kind = ParameterSpec::Kind::Choices},
        title};
}

ChartOption parameterOption(const CurveTable& table, const CurveParameter& parameter)
{
    for (const CurveQuantity& quantity : table.quantities) {
        const ParameterSpec* const declared = declaredBy(specOf(quantity), parameter);
        if (!declared)
            continue;
        ChartOption option{*declared, parameter.title, true};
        option.list = declared->kind == ParameterSpec::Kind::Choices;
        if (parameter.standard)
            option.standard = parameter.standard;
        return option;
    }
    std::abort(); // a chart offers parameters that its metrics have
}

std::vector<ChartOption> optionsOf(const CurveTable& table)
{
    std::vector<ChartOption> options;
    if (table.quantities.size() > 1) {
        ChartOption quantity =
            wordOption("quantity", "Show", "what is drawn, a panel each", table.quantities.front().name);
        quantity.choices = nameList(table.quantities);
        quantity.computes = !sharePass(table);
        quantity.list = true;
        options.push_back(std::move(quantity));
    }
    if (!table.axes.empty()) {
        ChartOption over = wordOption("over", "Over",
            "what stands below: layers; a parameter, for the whole model or a curve a layer; or another value, layers "
            "as dots",
            table.over);
        over.choices = {"layer"};
        for (const CurveAxis& axis : table.axes) {
            over.choices.emplace_back(axis.name);
            if (!axis.row)
                over.choices.push_back(axis.name + std::string(kByLayer));
        }
        options.push_back(std::move(over));
    }
    for (const CurveParameter& parameter : table.parameters)
        options.push_back(parameterOption(table, parameter));
    if (table.by != CurveTable::By::Never) {
        const bool always = table.by == CurveTable::By::Always;
        options.push_back({{.name = "by",
                               .standard = "",
                               .meaning = always ? "label whose values are compared; empty: the first that has two"
                                                 : "a curve a value of this label; empty: none",
                               .kind = ParameterSpec::Kind::Text},
            "By label", true});
    }
    options.push_back({{.name = "bootstrap",
                           .standard = "0",
                           .meaning = "replicates for 95 % intervals as bands, 2 or more; 0: none",
                           .least = 0,
                           .most = 100000,
                           .whole = true},
        "Intervals", true});
    if (!table.answer)
        addAgainst(options);
    return options;
}

}

ChartSpec curvesChart(CurveTable given)
{
    const auto table = std::make_shared<const CurveTable>(std::move(given));
    ChartSpec spec{
        .name = table->name,
        .title = table->title,
        .definition = table->definition,
        .options = optionsOf(*table),
        .compute = [table](const Study& study, const ChartQuestion& question,
                       const Progress& progress) { return compute(*table, study, question, progress); },
        .draw = [table](
                    const ChartDataPtr& data, const Parameters& params, Look&) { return drawCurveTable(*table, data, params); },
    };
    if (table->by != CurveTable::By::Always && !table->answer)
        spec.metrics = [table](const Parameters& params) {
            const bool apart =
                params.number("bootstrap") > 0 || (table->by == CurveTable::By::Asked && !params.text("by").empty());
            return apart ? std::vector<MetricRequest>() : requestsOf(*table, params);
        };
    return spec;
}

}
