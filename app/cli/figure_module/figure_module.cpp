// SPDX-License-Identifier: GPL-3.0-or-later
//
// libexpertscope_figure.so: the part of the figure command that needs Qt. It knows charts only through their registry.
#include "app/cli/figure_module/figure_request.h"
#include "io/base/text.h"

#include "analysis/study/request_text.h"
#include "io/base/interrupts.h"
#include "io/base/named.h"
#include "io/base/standard_streams.h"
#include "io/base/version.h"
#include "views/figure/figure_files.h"

#include <QApplication>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <cstdio>

namespace expertscope {

namespace {

/// Usage errors end with 2, all others with 1.
struct Failure
{
    Error error;
    int status = 1;
};
template <class T = void> using Outcome = tl::expected<T, Failure>;

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
    return wrongUse("is none of " + namesOf(choices), std::string(option) + " " + given);
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
    auto given = checkSelection({request.where, request.sites, request.layers, request.skipFirst.value_or(0)});
    if (!given)
        return wrongUse(given.error().what, given.error().where, given.error().hint);
    if (!request.where.empty()) {
        scope.where = std::move(given->where);
        scope.without = std::move(given->without);
    }
    if (!request.sites.empty() || !request.layers.empty()) {
        scope.sites = std::move(given->sites);
        scope.layers = std::move(given->layers);
    }
    scope.skipFirst = request.skipFirst.value_or(scope.skipFirst);
    return {};
}

Outcome<> applyOptions(const FigureRequest& request, FigureSpec& spec)
{
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
                "--" + name + " " + value, word ? std::string() : checked.error().hint);
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
    if (!request.colour.empty() && !colourTableNames().contains(look.colours))
        return wrongUse("is none of " + colourTableNames().join(", ").toStdString(), "--colour " + request.colour);
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

/// What the request says, on top of the spec it may name. Trace paths are as they can be opened.
Outcome<FigureSpec> specOf(const FigureRequest& request)
{
    auto read = readSpec(request);
    if (!read)
        return failed(read.error());
    FigureSpec spec = std::move(*read);
    ES_USE(applyOptions(request, spec));
    ES_USE(applyScope(request, spec.scope));
    ES_USE(applyLook(request, spec.look));
    ES_USE(length(request.width, "--width", spec.page.widthMm));
    ES_USE(length(request.height, "--height", spec.page.heightMm));
    text(request.font, spec.page.fontFamily);
    spec.page.fontSizePt = request.fontSize.value_or(spec.page.fontSizePt);
    spec.page.dpi = request.dpi.value_or(spec.page.dpi);
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

Expected<QStringList> draw(FigureSpec spec, const FigureRequest& request)
{
    std::vector<std::filesystem::path> paths;
    for (const TraceRef& trace : spec.traces)
        paths.emplace_back(trace.path.toStdString());
    WriteOptions files{request.alone, request.force, paths};
    if (!request.spec.empty())
        files.inputs.emplace_back(request.spec);
    ES_TRY(checkFigureFiles(QString::fromStdString(request.output), files));
    ES_ASSIGN(const auto study,
        Study::open(paths, request.noCache ? ResultCache() : ResultCache::standard(), request.threads));
    const QDir beside = QFileInfo(QString::fromStdString(request.output)).absoluteDir();
    for (std::size_t i = 0; i < paths.size(); ++i) {
        TraceRef& trace = spec.traces[i];
        const QString uuid = QString::fromStdString(study->traces()[i].summary.uuid);
        if (!trace.uuid.isEmpty() && trace.uuid != uuid)
            return fail("is not the trace this figure was made of (uuid " + uuid.toStdString() + ", not "
                    + trace.uuid.toStdString() + ")",
                paths[i].string(), "name the trace on the command line to draw the same figure of it");
        trace.uuid = uuid;
        trace.path = beside.relativeFilePath(QFileInfo(trace.path).absoluteFilePath());
    }
    spec.tool = QString("expertscope ") + kVersion;
    ES_TRY(checkFigureSpec(spec, QString::fromStdString(request.spec.empty() ? "figure" : request.spec)));
    ES_ASSIGN(const Figure figure, makeFigure(*study, spec));
    return writeFigure(figure, QString::fromStdString(request.output), files);
}

int report(const Error& error, int status)
{
    std::fprintf(stderr, "expertscope: %s\n", error.message().c_str());
    return status;
}

int run(const FigureRequest& request)
{
    // Figures never need a display, and look the same whatever the display is.
    qputenv("QT_QPA_PLATFORM", "offscreen");
    qputenv("QT_SCALE_FACTOR", "1");
    // Qt's remarks about the session (no XDG_RUNTIME_DIR, …) are no errors of ours, which are values and all reported.
    qInstallMessageHandler([](QtMsgType type, const QMessageLogContext&, const QString& message) {
        if (type == QtCriticalMsg || type == QtFatalMsg)
            std::fprintf(stderr, "expertscope: %s\n", qPrintable(message));
    });
    installInterrupts("expertscope"); // with the tables of this module
    int argc = 1;
    char name[] = "expertscope";
    char* argv[] = {name, nullptr};
    QApplication application(argc, argv);

    auto spec = specOf(request);
    if (!spec)
        return report(spec.error().error, spec.error().status);
    const auto written = draw(std::move(*spec), request);
    if (!written)
        return report(written.error(), 1);
    const QJsonObject result{{"written", QJsonArray::fromStringList(*written)}};
    const QByteArray said
        = request.json ? QJsonDocument(result).toJson(QJsonDocument::Compact) : written->join('\n').toUtf8();
    const auto printed = print(said.toStdString() + '\n');
    return printed ? 0 : report(printed.error(), 1);
}

FigureModule makeModule()
{
    FigureModule module;
    module.run = run;
    for (const ChartSpec& chart : chartRegistry()) {
        FigureKind kind{chart.name, chart.title.toStdString(), chart.definition.toStdString(), {}};
        for (const ChartOption& option : chart.options)
            kind.options.push_back({option, option.title.toStdString()});
        module.kinds.push_back(std::move(kind));
    }
    return module;
}

}

}

extern "C" const expertscope::FigureModule* expertscopeFigureModule()
{
    static const expertscope::FigureModule module = expertscope::makeModule();
    return &module;
}
