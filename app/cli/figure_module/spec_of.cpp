// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/figure_module/spec_of.h"

#include "analysis/study/request_text.h"
#include "io/base/named.h"
#include "io/base/text.h"
#include "views/charts/chart.h"
#include "views/figure/venues.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>

namespace expertscope {

namespace {

tl::unexpected<Failure> wrongUse(std::string what, std::string option, std::string hint = {})
{
    return tl::unexpected(Failure{{std::move(what), std::move(option), std::move(hint)}, 2});
}

tl::unexpected<Failure> failed(Error error)
{
    return tl::unexpected(Failure{std::move(error), 1});
}

#define ES_USE(expression)                                                                                             \
    do {                                                                                                               \
        if (auto result = (expression); !result)                                                                       \
            return tl::unexpected(std::move(result).error());                                                          \
    } while (false)

template <class T> struct Choice
{
    const char* name;
    T value;
};

template <class T, std::size_t N, class Into>
Outcome<> choose(const std::string& given, const char* option, const Choice<T> (&choices)[N], Into& into)
{
    if (given.empty())
        return {};
    if (const Choice<T>* const choice = named(choices, given)) {
        into = choice->value;
        return {};
    }
    return wrongUse("is none of " + namesOf(choices), std::string(option) + " " + given,
        didYouMean(given, nameList(choices)));
}

Outcome<> length(const std::string& given, const char* option, double& into)
{
    if (given.empty())
        return {};
    const auto mm = parseLengthMm(QString::fromStdString(given));
    if (!mm)
        return wrongUse(mm.error().what, std::string(option) + " " + given, mm.error().hint);
    into = *mm;
    return {};
}

void text(const std::string& given, QString& into)
{
    if (!given.empty())
        into = QString::fromStdString(given);
}

Outcome<> applyScope(const FigureRequest& request, Scope& scope)
{
    auto given = checkSelection({request.where, request.sites, request.layers, request.skipFirst.value_or(0), request.phase,
        request.sample, request.chose, request.spared, request.having});
    if (!given)
        return wrongUse(given.error().what, given.error().where, given.error().hint);
    if (!request.where.empty()) {
        scope.where = std::move(given->where);
        scope.without = std::move(given->without);
    }
    if (!request.chose.empty() || !request.spared.empty()) {
        scope.chose.clear();
        scope.spared.clear();
        scope.choseAny = std::move(given->choseAny);
        scope.sparedAny = std::move(given->sparedAny);
    }
    if (!request.having.empty())
        scope.values = std::move(given->values);
    if (!request.sites.empty() || !request.layers.empty()) {
        scope.sites = std::move(given->sites);
        scope.layers = std::move(given->layers);
    }
    scope.skipFirst = request.skipFirst.value_or(scope.skipFirst);
    if (!request.phase.empty())
        scope.phase = given->phase;
    if (request.sample > 0)
        scope.sample = request.sample;
    return {};
}

Outcome<> applyVenueOf(const FigureRequest& request, PageSpec& page)
{
    static constexpr Choice<Span> spans[] = {{"column", Span::Column}, {"full", Span::Full}};
    Span span = Span::Column;
    ES_USE(choose(request.span, "--span", spans, span));
    if (request.venue.empty())
        return request.span.empty() ? Outcome<>() : wrongUse("of which venue?", "--span " + request.span, "name a --venue");
    const Venue* const venue = named(venues(), request.venue);
    if (!venue)
        return wrongUse("is none of " + namesOf(venues()), "--venue " + request.venue,
            didYouMean(request.venue, nameList(venues())));
    applyVenue(*venue, span, page);
    return {};
}

/// What is named beside the venue overrides it.
Outcome<> applyPage(const FigureRequest& request, PageSpec& page)
{
    ES_USE(applyVenueOf(request, page));
    ES_USE(length(request.width, "--width", page.widthMm));
    ES_USE(length(request.height, "--height", page.heightMm));
    text(request.font, page.fontFamily);
    page.fontSizePt = request.fontSize.value_or(page.fontSizePt);
    page.dpi = request.dpi.value_or(page.dpi);
    return {};
}

Outcome<> applyOptions(const FigureRequest& request, FigureSpec& spec)
{
    if (request.chart.empty())
        return {};
    const auto chart = findChart(request.chart);
    if (!chart)
        return wrongUse(chart.error().what, chart.error().where, chart.error().hint);
    if (spec.chart != request.chart)
        spec.options.clear(); // those of another chart mean nothing here
    spec.chart = request.chart;
    for (const auto& [name, value] : request.options) {
        spec.options[name] = value;
        // One by one, so that the error names what was typed.
        if (const auto checked = checkOptions(**chart, {{name, value}}); !checked) {
            const ChartOption* const option = named((*chart)->options, name);
            const bool word = option && option->kind == ParameterSpec::Kind::Choices;
            return wrongUse(word ? "is none of " + joined(option->choices) : checked.error().what,
                "--" + name + " " + value, word ? didYouMean(value, option->choices) : checked.error().hint);
        }
    }
    return {};
}

Outcome<> applyLook(const FigureRequest& request, Look& look)
{
    static constexpr Choice<ScaleKind> scales[] = {{"linear", ScaleKind::Linear}, {"log2", ScaleKind::Log2}};
    static constexpr Choice<Reducer> reducers[] = {
        {"max", Reducer::Max}, {"mean", Reducer::Mean}, {"extreme", Reducer::Extreme}};
    ES_USE(choose(request.scale, "--scale", scales, look.scale));
    ES_USE(choose(request.reducer, "--reducer", reducers, look.reducer));
    text(request.colour, look.colours);
    std::vector<std::string> tables;
    for (const QString& table : colourTableNames())
        tables.push_back(table.toStdString());
    if (!request.colour.empty() && !colourTableNames().contains(look.colours))
        return wrongUse("is none of " + joined(tables), "--colour " + request.colour,
            didYouMean(request.colour, tables));
    if (!request.limits.empty()) {
        const QStringList parts = QString::fromStdString(request.limits).split(',');
        bool ok = parts.size() == 2, okHigh = false;
        const double low = ok ? parts[0].toDouble(&ok) : 0, high = ok ? parts[1].toDouble(&okHigh) : 0;
        if (!ok || !okHigh)
            return wrongUse("is not LOW,HIGH", "--limits " + request.limits);
        look.limits = {low, high};
    }
    if (request.percentile) {
        if (!(*request.percentile >= 50 && *request.percentile <= 100))
            return wrongUse("is not in 50 to 100", "--percentile");
        look.percentile = request.percentile;
        look.limits = request.limits.empty() ? std::nullopt : look.limits; // those of a spec
    }
    return {};
}

Expected<FigureSpec> readSpec(const FigureRequest& request)
{
    if (request.spec.empty())
        return FigureSpec{};
    const QString name = QString::fromStdString(request.spec);
    QFile file(name);
    if (!file.open(QIODevice::ReadOnly))
        return fail(file.errorString().toStdString(), request.spec);
    if (file.size() > 1 << 20)
        return fail("is larger than any figure spec", request.spec);
    ES_ASSIGN(FigureSpec spec, parseFigureSpec(file.readAll(), name));
    // Paths in a spec count from where the spec lies.
    for (TraceRef& trace : spec.traces)
        trace.path = QDir::cleanPath(QFileInfo(name).absoluteDir().absoluteFilePath(trace.path));
    return spec;
}

}

Outcome<FigureSpec> specOf(const FigureRequest& request)
{
    auto read = readSpec(request);
    if (!read)
        return failed(read.error());
    FigureSpec spec = std::move(*read);
    ES_USE(applyOptions(request, spec));
    ES_USE(applyScope(request, spec.scope));
    ES_USE(applyLook(request, spec.look));
    ES_USE(applyPage(request, spec.page));
    text(request.title, spec.labels.title);
    text(request.xLabel, spec.labels.x);
    text(request.yLabel, spec.labels.y);
    text(request.valueLabel, spec.labels.colour);
    if (!request.traces.empty()) {
        spec.traces.clear();
        for (const std::string& trace : request.traces)
            spec.traces.push_back({QString::fromStdString(trace)});
    }
    if (spec.traces.empty())
        return wrongUse("which trace?", "figure", "expertscope figure " + request.chart + " TRACE -o FILE");
    return spec;
}

}
