// SPDX-License-Identifier: GPL-3.0-or-later
//
// libexpertscope_figure.so: the part of the command line that needs Qt. It knows charts only through their registry.
#include "app/cli/figure_module/spec_of.h"
#include "analysis/study/request_text.h"
#include "io/base/interrupts.h"
#include "io/base/named.h"
#include "io/base/standard_streams.h"
#include "io/base/text.h"
#include "io/base/version.h"
#include "views/figure/figure_files.h"
#include "views/figure/venues.h"
#include "views/report/report_files.h"

#include <QApplication>
#include <QDir>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <cstdio>

namespace expertscope {

namespace {

int report(const Error& error, int status)
{
    std::fprintf(stderr, "expertscope: %s\n", error.message().c_str());
    return status;
}

QStringList textsOf(const std::vector<std::string>& texts)
{
    QStringList list;
    for (const std::string& text : texts)
        list << QString::fromStdString(text);
    return list;
}

std::vector<std::filesystem::path> pathsOf(const FigureSpec& spec)
{
    std::vector<std::filesystem::path> paths;
    for (const TraceRef& trace : spec.traces)
        paths.emplace_back(trace.path.toStdString());
    return paths;
}

WriteOptions optionsOf(const FigureRequest& request, const FigureSpec& spec)
{
    WriteOptions options{request.alone, request.force, request.outlines, pathsOf(spec)};
    if (!request.spec.empty())
        options.inputs.emplace_back(request.spec);
    return options;
}

Expected<std::shared_ptr<const Study>> openStudy(const FigureRequest& request, const FigureSpec& spec)
{
    return Study::open(pathsOf(spec), request.noCache ? ResultCache() : ResultCache::standard(), request.threads);
}

/// Traces as the spec that lies in `beside` names them. Error: another trace than the one the spec is of.
Expected<void> nameTraces(FigureSpec& spec, const Study& study, const QDir& beside)
{
    for (std::size_t i = 0; i < spec.traces.size(); ++i) {
        TraceRef& trace = spec.traces[i];
        const QString uuid = QString::fromStdString(study.traces()[i].summary.uuid);
        if (!trace.uuid.isEmpty() && trace.uuid != uuid)
            return fail("is not the trace this figure was made of (uuid " + uuid.toStdString() + ", not "
                    + trace.uuid.toStdString() + ")",
                trace.path.toStdString(), "name the trace on the command line to draw the same figure of it");
        trace.uuid = uuid;
        trace.path = beside.relativeFilePath(QFileInfo(trace.path).absoluteFilePath());
    }
    spec.tool = QString("expertscope ") + kVersion;
    return {};
}

Expected<Figure> made(const Study& study, const FigureSpec& spec, const FigureRequest& request)
{
    ES_ASSIGN(Figure figure, makeFigure(study, spec));
    if (const PageSpec& page = figure.spec.page; page.fontFallbacks != spec.page.fontFallbacks) {
        std::fprintf(stderr, "set in %s: characters that %s lacks\n", qPrintable(page.fontFallbacks.join(", ")),
            qPrintable(page.fontFamily));
    }
    const Venue* const venue = named(venues(), request.venue);
    if (venue && venue->maxHeightMm > 0 && figure.spec.page.heightMm > venue->maxHeightMm)
        return fail("the figure is " + QString::number(figure.spec.page.heightMm).toStdString() + " mm high, "
                + venue->title.toStdString() + " allows " + QString::number(venue->maxHeightMm).toStdString(),
            "--venue " + venue->name, "give it a --height, or fewer --layers");
    return figure;
}

Expected<QStringList> drawOne(FigureSpec spec, const FigureRequest& request)
{
    const QStringList outputs = textsOf(request.outputs);
    const WriteOptions files = optionsOf(request, spec);
    ES_TRY(checkFigureFiles(outputs, files));
    ES_ASSIGN(const auto study, openStudy(request, spec));
    ES_TRY(nameTraces(spec, *study, QFileInfo(outputs.front()).absoluteDir()));
    ES_TRY(checkFigureSpec(spec, QString::fromStdString(request.spec.empty() ? "figure" : request.spec)));
    ES_ASSIGN(const Figure figure, made(*study, spec, request));
    return writeFigure(figure, outputs, files);
}

/// Every chart that the traces allow; what is not drawn is said, and why.
Expected<QStringList> drawAll(FigureSpec spec, const FigureRequest& request)
{
    const QString folder = QString::fromStdString(request.folder);
    const WriteOptions files = optionsOf(request, spec);
    const auto outputsOf = [&](const ChartSpec& chart) {
        QStringList outputs;
        for (const QString& format : QString::fromStdString(request.formats).split(','))
            outputs << QDir(folder).filePath(QString::fromStdString(chart.name) + '.' + format);
        return outputs;
    };
    ES_ASSIGN(const auto study, openStudy(request, spec));
    ES_TRY(nameTraces(spec, *study, QDir(folder)));
    if (!QDir().mkpath(folder))
        return fail("cannot be made a folder", request.folder);
    for (const ChartSpec& chart : chartRegistry())
        ES_TRY(checkFigureFiles(outputsOf(chart), files));
    MetricQuestion atOnce;
    atOnce.scope = spec.scope;
    atOnce.metrics = metricsOfCharts();
    for (std::size_t trace = 0; trace < study->traces().size(); ++trace)
        (void)study->metrics(trace, atOnce); // what a trace does not have each chart says for itself
    QStringList written;
    for (const ChartSpec& chart : chartRegistry()) {
        spec.chart = chart.name;
        const auto figure = made(*study, spec, request);
        if (!figure) {
            std::fprintf(stderr, "not drawn: %s: %s\n", chart.name.c_str(), figure.error().message().c_str());
            continue;
        }
        ES_ASSIGN(const QStringList names, writeFigure(*figure, outputsOf(chart), files));
        written += names;
    }
    if (written.isEmpty())
        return fail("nothing could be drawn", "figure --all");
    return written;
}

/// Qt for what follows: figures never need a display, and look the same whatever the display is.
class Application
{
public:
    Application()
        : m_application(prepared(), m_argv)
    {
    }

private:
    int& prepared()
    {
        qputenv("QT_QPA_PLATFORM", "offscreen");
        qputenv("QT_SCALE_FACTOR", "1");
        // Qt's remarks about the session (no XDG_RUNTIME_DIR, …) are no errors of ours, which are values and all reported.
        qInstallMessageHandler([](QtMsgType type, const QMessageLogContext&, const QString& message) {
            if (type == QtCriticalMsg || type == QtFatalMsg)
                std::fprintf(stderr, "expertscope: %s\n", qPrintable(message));
        });
        installInterrupts("expertscope"); // with the tables of this module
        return m_argc;
    }
    int m_argc = 1;
    char m_name[12] = "expertscope";
    char* m_argv[2] = {m_name, nullptr};
    QApplication m_application;
};

/// Each spec as a figure of its name in the folder. Stops at the first that cannot be drawn: what was drawn stays.
Outcome<QStringList> drawSpecs(const FigureRequest& request)
{
    if (const QString folder = QString::fromStdString(request.folder); !QDir().mkpath(folder))
        return tl::unexpected(Failure{{"cannot be made a folder", request.folder, {}}});
    QStringList written;
    for (const std::string& file : request.specs) {
        FigureRequest one = request;
        one.spec = file;
        one.chart.clear();
        const QString stem = QFileInfo(QString::fromStdString(file)).completeBaseName();
        for (const QString& format : QString::fromStdString(request.formats).split(','))
            one.outputs.push_back(QDir(QString::fromStdString(request.folder)).filePath(stem + '.' + format).toStdString());
        auto spec = specOf(one);
        if (!spec)
            return tl::unexpected(std::move(spec).error());
        auto names = drawOne(std::move(*spec), one);
        if (!names)
            return tl::unexpected(Failure{std::move(names).error()});
        written += *names;
    }
    return written;
}

Outcome<QStringList> drawn(const FigureRequest& request)
{
    if (!request.specs.empty())
        return drawSpecs(request);
    auto spec = specOf(request);
    if (!spec)
        return tl::unexpected(std::move(spec).error());
    auto written = request.folder.empty() ? drawOne(std::move(*spec), request) : drawAll(std::move(*spec), request);
    if (!written)
        return tl::unexpected(Failure{std::move(written).error()});
    return std::move(*written);
}

int run(const FigureRequest& request)
{
    const Application application;
    const auto written = drawn(request);
    if (!written)
        return report(written.error().error, written.error().status);
    const QJsonObject result{{"written", QJsonArray::fromStringList(*written)}};
    const QByteArray said
        = request.json ? QJsonDocument(result).toJson(QJsonDocument::Compact) : written->join('\n').toUtf8();
    const auto printed = print(said.toStdString() + '\n');
    return printed ? 0 : report(printed.error(), 1);
}

Expected<std::string> report(const ReportOrder& order)
{
    const Application application;
    std::vector<std::filesystem::path> traces(order.traces.begin(), order.traces.end());
    ES_ASSIGN(const Output output, reportOutput(order.output, traces, order.force));
    ES_TRY(checkOutput(output));
    ES_ASSIGN(Scope scope, checkSelection(order));
    ES_ASSIGN(const auto study,
        Study::open(traces, order.noCache ? ResultCache() : ResultCache::standard(), order.threads));
    const ReportRequest request{
        std::move(scope), QString::fromStdString(order.title), QString::fromStdString(order.arguments)};
    ES_ASSIGN(const Report made, makeReport(*study, request, order.progress));
    ES_TRY(writeReport(made, output));
    std::string left;
    for (const auto& [title, why] : made.notDrawn)
        addPart(left, title.toStdString());
    return order.output + ": " + std::to_string(made.sections.size()) + " charts"
        + (left.empty() ? "" : "; not drawn, for reasons at its end: " + left);
}

FigureModule makeModule()
{
    FigureModule module;
    module.run = run;
    module.report = report;
    for (const ChartSpec& chart : chartRegistry()) {
        FigureKind kind{chart.name, chart.title.toStdString(), chart.definition.toStdString(), {}};
        for (const ChartOption& option : chart.options)
            kind.options.push_back({option, option.title.toStdString()});
        module.kinds.push_back(std::move(kind));
    }
    for (const Venue& venue : venues())
        module.venues.push_back(venue.name);
    return module;
}

}

}

extern "C" const expertscope::FigureModule* expertscopeFigureModule()
{
    static const expertscope::FigureModule module = expertscope::makeModule();
    return &module;
}
