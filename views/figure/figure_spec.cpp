// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/figure/figure_spec.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>

#include <cmath>

namespace expertscope {

namespace {

template <class T> struct Name
{
    const char* text;
    T value;
};

constexpr Name<LoadMetric> kMetrics[] = {
    {"relative", LoadMetric::Relative}, {"share", LoadMetric::Share}, {"ratio", LoadMetric::Ratio}};
constexpr Name<Against> kAgainst[] = {{"uniform", Against::Uniform}, {"all", Against::All}};
constexpr Name<SortExperts> kSorts[] = {{"id", SortExperts::ById}, {"load", SortExperts::ByLoad}};
constexpr Name<Reducer> kReducers[] = {{"max", Reducer::Max}, {"mean", Reducer::Mean}, {"extreme", Reducer::Extreme}};
constexpr Name<ScaleKind> kScales[] = {{"linear", ScaleKind::Linear}, {"log2", ScaleKind::Log2}};

template <class T, std::size_t N> QString nameOf(const Name<T> (&names)[N], T value)
{
    for (const auto& n : names) {
        if (n.value == value)
            return n.text;
    }
    return {};
}

/// Takes the keys of an object one by one; remembers the first error; what is left over at the end is unknown.
class Keys
{
public:
    Keys(QJsonObject object, QString place, std::optional<Error>& error)
        : m_object(std::move(object))
        , m_place(std::move(place))
        , m_error(error)
    {
    }

    QJsonValue take(const char* key) { return m_object.take(QLatin1String(key)); }
    void wrong(const char* key, const QString& what)
    {
        if (!m_error)
            m_error = Error{what.toStdString(), (m_place + key).toStdString(), {}};
    }
    void text(const char* key, QString& into)
    {
        const QJsonValue value = take(key);
        if (value.isString())
            into = value.toString();
        else if (!value.isUndefined())
            wrong(key, "is not a text");
    }
    bool number(const char* key, double& into)
    {
        const QJsonValue value = take(key);
        if (value.isDouble())
            into = value.toDouble();
        else if (!value.isUndefined())
            wrong(key, "is not a number");
        return value.isDouble();
    }
    void integer(const char* key, int& into)
    {
        double value = into;
        if (number(key, value)) {
            if (value != std::floor(value) || std::abs(value) > 1e6)
                wrong(key, "is not a whole number of sensible size");
            else
                into = int(value);
        }
    }
    template <class T, std::size_t N, class Into> void choice(const char* key, const Name<T> (&names)[N], Into& into)
    {
        const QJsonValue value = take(key);
        if (value.isUndefined())
            return;
        QStringList known;
        for (const auto& n : names) {
            if (value.toString() == QLatin1String(n.text)) {
                into = n.value;
                return;
            }
            known << n.text;
        }
        wrong(key, "is none of " + known.join(", "));
    }
    QJsonObject object(const char* key)
    {
        const QJsonValue value = take(key);
        if (!value.isUndefined() && !value.isObject())
            wrong(key, "is not an object");
        return value.toObject();
    }
    void finish()
    {
        if (!m_object.isEmpty())
            wrong(m_object.keys().first().toUtf8().constData(), "is not a key of a figure spec");
    }

private:
    QJsonObject m_object;
    QString m_place;
    std::optional<Error>& m_error;
};

void parseWhere(
    const QJsonValue& value, Keys& keys, const QString& place, std::optional<Error>& error, FigureSpec& spec)
{
    if (value.isUndefined())
        return;
    if (!value.isArray())
        return keys.wrong("where", "is not a list");
    int index = 0;
    for (const QJsonValue& item : value.toArray()) {
        Keys filter(item.toObject(), QString("%1where[%2].").arg(place).arg(index++), error);
        QString label, wanted;
        filter.text("label", label);
        filter.text("value", wanted);
        filter.finish();
        if (label.isEmpty())
            filter.wrong("label", "is missing");
        spec.where.push_back({label.toStdString(), wanted.toStdString()});
    }
}

}

bool FigureSpec::operator==(const FigureSpec& o) const
{
    return writeFigureSpec(*this) == writeFigureSpec(o);
}

Expected<void> checkFigureSpec(const FigureSpec& spec, const QString& source)
{
    const auto wrong = [&](const char* key, std::string what) {
        return fail(std::move(what), source.toStdString() + ": " + key);
    };
    if (spec.view != "load")
        return wrong("view", "is not a view that draws figures (there is: load)");
    if (spec.tracePath.isEmpty())
        return wrong("trace.path", "is missing");
    if (!spec.colours.isEmpty() && !colourTableNames().contains(spec.colours))
        return wrong("colour.table", "is none of " + colourTableNames().join(", ").toStdString());
    if (!(spec.widthMm >= 10 && spec.widthMm <= 2000))
        return wrong("width_mm", "is not in 10 to 2000");
    if (spec.heightMm != 0 && !(spec.heightMm >= 10 && spec.heightMm <= 2000))
        return wrong("height_mm", "is not in 10 to 2000, nor 0 (from the number of layers)");
    if (spec.fontSizePt < 3 || spec.fontSizePt > 72)
        return wrong("font.size_pt", "is not in 3 to 72");
    if (spec.fontFamily.isEmpty())
        return wrong("font.family", "is empty");
    if (spec.dpi < 36 || spec.dpi > 2400)
        return wrong("dpi", "is not in 36 to 2400");
    if (spec.widthMm / 25.4 * spec.dpi > 30000 || spec.heightMm / 25.4 * spec.dpi > 30000)
        return wrong("dpi", "gives more than 30000 pixels a side at this size");
    if (spec.limits
        && !(std::isfinite(spec.limits->first) && std::isfinite(spec.limits->second)
            && spec.limits->first < spec.limits->second))
        return wrong("colour.limits", "are not two numbers, lower first");
    const bool log = spec.scale ? *spec.scale == ScaleKind::Log2 : spec.metric == LoadMetric::Ratio;
    if (spec.limits && log && spec.limits->first <= 0)
        return wrong("colour.limits", "must be above 0 on a log2 scale");
    return {};
}

Expected<FigureSpec> parseFigureSpec(const QByteArray& json, const QString& source)
{
    QJsonParseError syntax;
    const QJsonDocument document = QJsonDocument::fromJson(json, &syntax);
    if (syntax.error != QJsonParseError::NoError) {
        const auto line = json.left(syntax.offset).count('\n') + 1;
        return fail(
            "not JSON: " + syntax.errorString().toStdString(), source.toStdString() + ":" + std::to_string(line));
    }
    if (!document.isObject())
        return fail("is not a JSON object", source.toStdString());

    FigureSpec spec;
    std::optional<Error> error;
    const QString place = source + ": ";
    Keys keys(document.object(), place, error);
    double version = 0;
    if (!keys.number("expertscope_figure", version))
        keys.wrong("expertscope_figure", "is missing (the version of the format, 1)");
    else if (version != 1)
        keys.wrong("expertscope_figure", "is not 1, the only version this program reads");
    keys.text("tool", spec.tool);
    keys.text("view", spec.view);
    Keys trace(keys.object("trace"), place + "trace.", error);
    trace.text("path", spec.tracePath);
    trace.text("uuid", spec.traceUuid);
    trace.finish();
    parseWhere(keys.take("where"), keys, place, error, spec);
    keys.choice("metric", kMetrics, spec.metric);
    keys.choice("against", kAgainst, spec.against);
    keys.choice("sort", kSorts, spec.sort);
    keys.choice("reducer", kReducers, spec.reducer);
    Keys colour(keys.object("colour"), place + "colour.", error);
    colour.text("table", spec.colours);
    colour.choice("scale", kScales, spec.scale);
    if (const QJsonValue limits = colour.take("limits"); !limits.isUndefined()) {
        const QJsonArray pair = limits.toArray();
        if (pair.size() != 2 || !pair[0].isDouble() || !pair[1].isDouble())
            colour.wrong("limits", "are not two numbers");
        else
            spec.limits = {pair[0].toDouble(), pair[1].toDouble()};
    }
    colour.finish();
    keys.number("width_mm", spec.widthMm);
    keys.number("height_mm", spec.heightMm);
    Keys font(keys.object("font"), place + "font.", error);
    font.text("family", spec.fontFamily);
    font.integer("size_pt", spec.fontSizePt);
    font.finish();
    Keys labels(keys.object("labels"), place + "labels.", error);
    labels.text("x", spec.xTitle);
    labels.text("y", spec.yTitle);
    labels.text("colour", spec.valueTitle);
    labels.text("title", spec.title);
    labels.finish();
    keys.integer("dpi", spec.dpi);
    keys.finish();
    if (error)
        return tl::unexpected(*error);
    ES_TRY(checkFigureSpec(spec, source));
    return spec;
}

QByteArray writeFigureSpec(const FigureSpec& spec)
{
    QJsonArray where;
    for (const auto& filter : spec.where)
        where.append(QJsonObject{
            {"label", QString::fromStdString(filter.label)}, {"value", QString::fromStdString(filter.value)}});
    QJsonObject colour{{"table", spec.colours}};
    if (spec.scale)
        colour["scale"] = nameOf(kScales, *spec.scale);
    if (spec.limits)
        colour["limits"] = QJsonArray{spec.limits->first, spec.limits->second};
    QJsonObject object{{"expertscope_figure", 1}, {"tool", spec.tool}, {"view", spec.view},
        {"trace", QJsonObject{{"path", spec.tracePath}, {"uuid", spec.traceUuid}}}, {"where", where},
        {"metric", nameOf(kMetrics, spec.metric)}, {"against", nameOf(kAgainst, spec.against)},
        {"sort", nameOf(kSorts, spec.sort)}, {"colour", colour}, {"width_mm", spec.widthMm},
        {"height_mm", spec.heightMm}, {"font", QJsonObject{{"family", spec.fontFamily}, {"size_pt", spec.fontSizePt}}},
        {"labels",
            QJsonObject{{"x", spec.xTitle}, {"y", spec.yTitle}, {"colour", spec.valueTitle}, {"title", spec.title}}},
        {"dpi", spec.dpi}};
    if (spec.reducer)
        object["reducer"] = nameOf(kReducers, *spec.reducer);
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
