// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/figure/figure_spec.h"

#include "analysis/study/condition.h"
#include "analysis/study/expert_sets.h"
#include "analysis/study/request_text.h"
#include "views/charts/chart.h"
#include "views/figure/look_json.h"

#include <QJsonDocument>
#include <QRegularExpression>

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

/// How errors call the keys of a version.
struct KeyNames
{
    QString chart, trace, table, limits, page, options;
};
const KeyNames& keyNames(int version)
{
    static const KeyNames first{"view", "trace.path", "colour.table", "colour.limits", "", ""};
    static const KeyNames second{"chart", "traces", "look.colours", "look.limits", "page.", "options"};
    return version == 1 ? first : second;
}

LabelFilter parseFilter(JsonKeys& keys)
{
    LabelFilter filter;
    QString label, value;
    keys.text("label", label);
    if (label.isEmpty())
        keys.wrong("label", "is missing");
    filter.label = label.toStdString();
    const QJsonValue values = keys.take("values");
    if (values.isUndefined()) {
        keys.text("value", value);
        filter.value = value.toStdString();
        return filter;
    }
    const QJsonArray list = values.toArray();
    if (list.isEmpty() || !std::ranges::all_of(list, [](const QJsonValue& v) { return v.isString(); })) {
        keys.wrong("values", "are not texts");
        return filter;
    }
    filter.value = list[0].toString().toStdString();
    for (qsizetype i = 1; i < list.size(); ++i)
        filter.alternatives.push_back(list[i].toString().toStdString());
    return filter;
}

/// The conditions of "where": objects, or texts as --where takes them.
void parseWhere(JsonKeys& keys, Scope& scope)
{
    keys.list(
        "where", [&](JsonKeys& filter) { scope.where.push_back(parseFilter(filter)); },
        [&](const QString& text) -> QString {
            auto condition = parseCondition(text.toStdString());
            if (!condition)
                return QString::fromStdString(condition.error().what + " (" + condition.error().hint + ")");
            (condition->keep ? scope.where : scope.without).push_back(std::move(condition->filter));
            return {};
        });
}

/// Experts: objects, or texts as --chose takes them.
void parseExpertList(JsonKeys& keys, const char* name, std::vector<ExpertAt>& single, std::vector<ExpertSet>& sets)
{
    keys.list(
        name,
        [&](JsonKeys& at) {
            int site = -1, expert = -1;
            at.integer("site", site, kNoExpert);
            at.integer("expert", expert, kNoExpert);
            if (site < 0)
                at.wrong("site", "is missing");
            if (expert < 0)
                at.wrong("expert", "is missing");
            single.push_back({SiteIndex(std::uint16_t(site)), ExpertIndex(std::uint16_t(expert))});
        },
        [&](const QString& text) -> QString {
            auto set = parseExperts(text.toStdString(), name);
            if (!set)
                return QString::fromStdString(set.error().what + (set.error().hint.empty() ? "" : " (" + set.error().hint + ")"));
            sets.push_back(std::move(*set));
            return {};
        });
}

/// Whole numbers that are not negative, up to `most`.
std::optional<std::vector<std::uint64_t>> wholeNumbers(const QJsonValue& value, double most)
{
    if (!value.isArray())
        return {};
    std::vector<std::uint64_t> numbers;
    for (const QJsonValue& number : value.toArray()) {
        const double v = number.toDouble(-1);
        if (!(v >= 0 && v <= most) || v != std::floor(v))
            return {};
        numbers.push_back(std::uint64_t(v));
    }
    return numbers;
}

void parseScope(JsonKeys keys, Scope& scope)
{
    parseWhere(keys, scope);
    keys.list("without", [&](JsonKeys& filter) { scope.without.push_back(parseFilter(filter)); });
    parseExpertList(keys, "chose", scope.chose, scope.choseAny);
    parseExpertList(keys, "spared", scope.spared, scope.sparedAny);
    keys.texts("having", [&](const QString& text) {
        const auto condition = parseValueCondition(text.toStdString(), "having");
        if (!condition)
            return QString::fromStdString(condition.error().what);
        scope.values.push_back(*condition);
        return QString();
    });
    if (const QJsonValue tokens = keys.take("tokens"); !tokens.isUndefined()) {
        const auto range = wholeNumbers(tokens, 0x1p53);
        if (!range || range->size() != 2 || (*range)[0] > (*range)[1])
            keys.wrong("tokens", "are not two whole numbers, first and end");
        else
            scope.tokens = TokenRange{TokenIndex((*range)[0]), TokenIndex((*range)[1])};
    }
    if (const QJsonValue sites = keys.take("sites"); !sites.isUndefined()) {
        const auto numbers = wholeNumbers(sites, kNoExpert);
        if (!numbers)
            keys.wrong("sites", "are not whole numbers");
        else
            for (const std::uint64_t site : *numbers)
                scope.sites.emplace_back(std::uint16_t(site));
    }
    if (const QJsonValue layers = keys.take("layers"); !layers.isUndefined()) {
        const auto numbers = wholeNumbers(layers, kNoExpert);
        if (!numbers)
            keys.wrong("layers", "are not whole numbers");
        else if (!numbers->empty() && !scope.sites.empty())
            keys.wrong("layers", "stand beside sites: routers are chosen by one or the other");
        else
            for (const std::uint64_t layer : *numbers)
                scope.layers.push_back(std::uint16_t(layer));
    }
    int skip = 0;
    keys.integer("skip_first", skip, 1e9);
    if (skip < 0)
        keys.wrong("skip_first", "is negative");
    scope.skipFirst = std::uint32_t(std::max(skip, 0));
    QString phase;
    keys.text("phase", phase);
    if (const auto parsed = parsePhase(phase.toStdString()); parsed)
        scope.phase = *parsed;
    else
        keys.wrong("phase", QString::fromStdString(parsed.error().what));
    int sample = 0;
    keys.integer("sample", sample, 1e9);
    if (sample < 0)
        keys.wrong("sample", "is negative");
    scope.sample = std::uint32_t(std::max(sample, 0));
    keys.finish();
}

/// Width, height, font and dpi, which version 1 had at the top.
void parsePage(JsonKeys& keys, PageSpec& page)
{
    keys.number("width_mm", page.widthMm);
    keys.number("height_mm", page.heightMm);
    JsonKeys font = keys.object("font");
    font.text("family", page.fontFamily);
    page.fontFallbacks.clear();
    font.texts("fallbacks", [&page](const QString& family) {
        page.fontFallbacks << family;
        return family.isEmpty() ? QString("is empty") : QString();
    });
    font.integer("size_pt", page.fontSizePt);
    font.finish();
    keys.integer("dpi", page.dpi);
}

void parseLabels(JsonKeys keys, Labels& labels)
{
    keys.text("x", labels.x);
    keys.text("y", labels.y);
    keys.text("colour", labels.colour);
    keys.text("title", labels.title);
    keys.finish();
}

TraceRef parseTrace(JsonKeys& keys)
{
    TraceRef trace;
    keys.text("path", trace.path);
    keys.text("uuid", trace.uuid);
    return trace;
}

void parseSecond(JsonKeys& keys, FigureSpec& spec)
{
    QString chart = QString::fromStdString(spec.chart);
    keys.text("chart", chart);
    spec.chart = chart.toStdString();
    keys.list("traces", [&](JsonKeys& trace) { spec.traces.push_back(parseTrace(trace)); });
    parseScope(keys.object("scope"), spec.scope);
    JsonKeys options = keys.object("options");
    for (const QString& name : options.rest().keys()) {
        QString value;
        options.text(name.toUtf8().constData(), value);
        spec.options[name.toStdString()] = value.toStdString();
    }
    JsonKeys look = keys.object("look");
    parseLook(look, spec.look);
    look.finish();
    JsonKeys page = keys.object("page");
    parsePage(page, spec.page);
    page.finish();
    parseLabels(keys.object("labels"), spec.labels);
}

/// What was left open in version 1 had other defaults: they are said now.
void parseFirst(JsonKeys& keys, FigureSpec& spec)
{
    enum class Metric
    {
        Relative,
        Share,
        Ratio
    };
    static constexpr Spelling<Metric> metrics[] = {
        {"relative", Metric::Relative}, {"share", Metric::Share}, {"ratio", Metric::Ratio}};
    static constexpr Spelling<const char*> against[] = {{"uniform", "uniform"}, {"all", "all"}};
    static constexpr Spelling<const char*> sorts[] = {{"id", "id"}, {"load", "load"}};
    QString view = "load";
    keys.text("view", view);
    if (view != "load")
        keys.wrong("view", "is not a view that draws figures (there is: load)");
    JsonKeys trace = keys.object("trace");
    spec.traces = {parseTrace(trace)};
    trace.finish();
    parseWhere(keys, spec.scope);
    Metric metric = Metric::Relative;
    keys.choice("metric", metrics, metric);
    spec.options["metric"] = spelled(metrics, metric).toStdString();
    const char *compared = "uniform", *sort = "id";
    keys.choice("against", against, compared);
    keys.choice("sort", sorts, sort);
    spec.options["against"] = compared;
    spec.options["sort"] = sort;
    const bool ratio = metric == Metric::Ratio;
    spec.look.reducer = ratio ? Reducer::Extreme : Reducer::Max;
    spec.look.scale = ratio ? ScaleKind::Log2 : ScaleKind::Linear;
    parseReducer(keys, spec.look);
    JsonKeys colour = keys.object("colour");
    parseColours(colour, "table", spec.look);
    colour.finish();
    if (spec.look.colours.isEmpty())
        spec.look.colours = ratio ? "vik" : "viridis";
    parsePage(keys, spec.page);
    parseLabels(keys.object("labels"), spec.labels);
}

Expected<void> checkChart(const FigureSpec& spec, const QString& source, const KeyNames& names)
{
    auto chart = findChart(spec.chart);
    if (!chart)
        return fail(chart.error().what + " '" + spec.chart + "'", (source + ": " + names.chart).toStdString(),
            chart.error().hint);
    auto options = checkOptions(**chart, spec.options);
    if (!options) {
        Error error = options.error();
        error.where = (source + (names.options.isEmpty() ? "" : ": " + names.options)).toStdString();
        return tl::unexpected(std::move(error));
    }
    return {};
}

Expected<void> check(const FigureSpec& spec, const QString& source, int version)
{
    const KeyNames& names = keyNames(version);
    const auto wrong = [&](const QString& key, std::string what) {
        return fail(std::move(what), (source + ": " + key).toStdString());
    };
    ES_TRY(checkChart(spec, source, names));
    if (spec.traces.empty() || std::ranges::any_of(spec.traces, [](const TraceRef& t) { return t.path.isEmpty(); }))
        return wrong(names.trace, "is missing");
    const Look& look = spec.look;
    if (!look.colours.isEmpty() && !colourTableNames().contains(look.colours))
        return wrong(names.table, "is none of " + colourTableNames().join(", ").toStdString());
    const PageSpec& page = spec.page;
    if (!(page.widthMm >= 10 && page.widthMm <= 2000))
        return wrong(names.page + "width_mm", "is not in 10 to 2000");
    if (page.heightMm != 0 && !(page.heightMm >= 10 && page.heightMm <= 2000))
        return wrong(names.page + "height_mm", "is not in 10 to 2000, nor 0 (from what is drawn)");
    if (page.fontSizePt < 3 || page.fontSizePt > 72)
        return wrong(names.page + "font.size_pt", "is not in 3 to 72");
    if (page.fontFamily.isEmpty())
        return wrong(names.page + "font.family", "is empty");
    if (page.dpi < 36 || page.dpi > 2400)
        return wrong(names.page + "dpi", "is not in 36 to 2400");
    if (page.widthMm / 25.4 * page.dpi > 30000 || page.heightMm / 25.4 * page.dpi > 30000)
        return wrong(names.page + "dpi", "gives more than 30000 pixels a side at this size");
    if (look.limits
        && !(std::isfinite(look.limits->first) && std::isfinite(look.limits->second)
            && look.limits->first < look.limits->second))
        return wrong(names.limits, "are not two numbers, lower first");
    if (look.percentile && !(*look.percentile >= 50 && *look.percentile <= 100))
        return wrong("look.percentile", "is not in 50 to 100");
    if (look.limits && look.scale == ScaleKind::Log2 && look.limits->first <= 0)
        return wrong(names.limits, "must be above 0 on a log2 scale");
    return {};
}

QJsonArray whereJson(const std::vector<LabelFilter>& filters)
{
    QJsonArray list;
    for (const auto& filter : filters) {
        QJsonObject object{{"label", QString::fromStdString(filter.label)}};
        QJsonArray values{QString::fromStdString(filter.value)};
        for (const std::string& value : filter.alternatives)
            values.append(QString::fromStdString(value));
        if (filter.alternatives.empty())
            object["value"] = values[0];
        else
            object["values"] = values;
        list.append(object);
    }
    return list;
}

QJsonArray expertsJson(const std::vector<ExpertAt>& experts, const std::vector<ExpertSet>& sets)
{
    QJsonArray list;
    for (const ExpertAt& at : experts)
        list.append(QJsonObject{{"site", int(at.site.value)}, {"expert", int(at.expert.value)}});
    for (const ExpertSet& set : sets)
        list.append(QString::fromStdString(expertsText(set)));
    return list;
}

QJsonObject scopeJson(const Scope& scope)
{
    QJsonArray sites;
    for (const SiteIndex site : scope.sites)
        sites.append(int(site.value));
    QJsonObject object{{"where", whereJson(scope.where)}, {"without", whereJson(scope.without)},
        {"chose", expertsJson(scope.chose, scope.choseAny)}, {"spared", expertsJson(scope.spared, scope.sparedAny)},
        {"sites", sites},
        {"skip_first", qint64(scope.skipFirst)}};
    if (!scope.values.empty()) {
        QJsonArray values;
        for (const std::string& condition : valueConditionTexts(scope.values))
            values.append(QString::fromStdString(condition));
        object["having"] = values;
    }
    if (!scope.layers.empty()) {
        QJsonArray layers;
        for (const std::uint16_t layer : scope.layers)
            layers.append(int(layer));
        object["layers"] = layers;
    }
    if (scope.phase != Phase::All)
        object["phase"] = QString::fromStdString(phaseText(scope.phase));
    if (scope.sample > 0)
        object["sample"] = qint64(scope.sample);
    if (scope.tokens)
        object["tokens"] = QJsonArray{qint64(scope.tokens->begin.value), qint64(scope.tokens->end.value)};
    return object;
}

}

Expected<void> checkFigureSpec(const FigureSpec& spec, const QString& source)
{
    return check(spec, source, 2);
}

Expected<FigureSpec> parseFigureSpec(const QByteArray& json, const QString& source)
{
    ES_ASSIGN(const QJsonDocument document, parseJsonText(json, source));
    if (!document.isObject())
        return fail("is not a JSON object", source.toStdString());

    FigureSpec spec;
    std::optional<Error> error;
    JsonKeys keys(document.object(), source + ": ", error);
    double version = 0;
    if (!keys.number("expertscope_figure", version))
        keys.wrong("expertscope_figure", "is missing (the version of the format, 2)");
    else if (version != 1 && version != 2)
        keys.wrong("expertscope_figure", "is not 1 or 2, the only versions this program reads");
    if (error)
        return tl::unexpected(*error);
    keys.text("tool", spec.tool);
    if (version == 1)
        parseFirst(keys, spec);
    else
        parseSecond(keys, spec);
    keys.finish();
    if (error)
        return tl::unexpected(*error);
    ES_TRY(check(spec, source, int(version)));
    return spec;
}

QByteArray writeFigureSpec(const FigureSpec& spec)
{
    QJsonArray traces;
    for (const TraceRef& trace : spec.traces)
        traces.append(QJsonObject{{"path", trace.path}, {"uuid", trace.uuid}});
    QJsonObject options;
    for (const auto& [name, value] : spec.options)
        options[QString::fromStdString(name)] = QString::fromStdString(value);
    QJsonObject font{{"family", spec.page.fontFamily}, {"size_pt", spec.page.fontSizePt}};
    if (!spec.page.fontFallbacks.isEmpty())
        font["fallbacks"] = QJsonArray::fromStringList(spec.page.fontFallbacks);
    const QJsonObject object{{"expertscope_figure", 2}, {"tool", spec.tool},
        {"chart", QString::fromStdString(spec.chart)}, {"traces", traces}, {"scope", scopeJson(spec.scope)},
        {"options", options}, {"look", lookJson(spec.look)},
        {"page",
            QJsonObject{{"width_mm", spec.page.widthMm}, {"height_mm", spec.page.heightMm}, {"font", font},
                {"dpi", spec.page.dpi}}},
        {"labels",
            QJsonObject{{"x", spec.labels.x}, {"y", spec.labels.y}, {"colour", spec.labels.colour},
                {"title", spec.labels.title}}}};
    return QJsonDocument(object).toJson(QJsonDocument::Indented);
}

Expected<double> parseLengthMm(const QString& text)
{
    static const QRegularExpression pattern(R"(^\s*(\d+(?:\.\d*)?|\.\d+)\s*(mm|cm|in|pt)?\s*$)");
    const auto match = pattern.match(text);
    if (!match.hasMatch())
        return fail("is not a length", text.toStdString(), "like 89mm, 8.9cm, 3.5in or 252pt");
    const QString unit = match.captured(2);
    const double factor = unit == "cm" ? 10 : unit == "in" ? 25.4 : unit == "pt" ? 25.4 / 72 : 1;
    const double mm = match.captured(1).toDouble() * factor;
    if (!(mm >= 10 && mm <= 2000))
        return fail("is not between 10 mm and 2 m", text.toStdString());
    return mm;
}

}
