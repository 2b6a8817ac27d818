// SPDX-License-Identifier: GPL-3.0-or-later
//
// libexpertscope_figure.so: the part of the figure command that needs Qt.
#include "app/cli/figure_module/figure_request.h"

#include "io/base/version.h"
#include "io/trace/trace_file.h"
#include "views/load/load_map.h"

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
    int status;
};

tl::unexpected<Failure> wrongUse(std::string what, std::string option, std::string hint = {})
{
    return tl::unexpected(Failure{{std::move(what), std::move(option), std::move(hint)}, 2});
}

template <class T> struct Choice
{
    const char* name;
    T value;
};

template <class T, std::size_t N, class Into>
tl::expected<void, Failure> choose(
    const std::string& given, const char* option, const Choice<T> (&choices)[N], Into& into)
{
    if (given.empty())
        return {};
    std::string known;
    for (const auto& c : choices) {
        if (given == c.name) {
            into = c.value;
            return {};
        }
        known += known.empty() ? c.name : std::string(", ") + c.name;
    }
    return wrongUse("is none of " + known, std::string(option) + " " + given);
}

#define ES_OPTION(expression)                                                                                          \
    do {                                                                                                               \
        if (auto result = (expression); !result)                                                                       \
            return tl::unexpected(std::move(result).error());                                                          \
    } while (false)

tl::expected<void, Failure> length(const std::string& given, const char* option, double& into)
{
    if (given.empty())
        return {};
    const auto mm = parseLengthMm(QString::fromStdString(given));
    if (!mm)
        return wrongUse(mm.error().what, std::string(option) + " " + given, mm.error().hint);
    into = *mm;
    return {};
}

/// What the command line says, on top of `spec`.
tl::expected<FigureSpec, Failure> applyOptions(FigureSpec spec, const FigureRequest& options)
{
    const auto of = [&](const char* name) {
        const auto found = options.options.find(name);
        return found == options.options.end() ? std::string() : found->second;
    };
    const std::string metric = of("metric"), against = of("against"), sort = of("sort");
    if (options.traces.size() > 1)
        return wrongUse("a map is of one trace", "figure");
    if (!options.sites.empty() || options.skipFirst)
        return wrongUse("figure specs of version 1 hold all sites and tokens", "figure");
    spec.view = QString::fromStdString(options.chart);
    ES_OPTION(length(options.width, "--width", spec.widthMm));
    ES_OPTION(length(options.height, "--height", spec.heightMm));
    if (!options.where.empty()) {
        spec.where.clear();
        for (const std::string& where : options.where) {
            const auto equals = where.find('=');
            if (equals == std::string::npos || equals == 0)
                return wrongUse("is not LABEL=VALUE", "--where " + where);
            spec.where.push_back({where.substr(0, equals), where.substr(equals + 1)});
        }
        if (metric.empty() && options.spec.empty())
            spec.metric = LoadMetric::Ratio; // a part of a trace is looked at to see how it differs
    }
    static constexpr Choice<LoadMetric> metrics[] = {
        {"relative", LoadMetric::Relative}, {"share", LoadMetric::Share}, {"ratio", LoadMetric::Ratio}};
    static constexpr Choice<Against> bases[] = {{"uniform", Against::Uniform}, {"all", Against::All}};
    static constexpr Choice<SortExperts> sorts[] = {{"id", SortExperts::ById}, {"load", SortExperts::ByLoad}};
    static constexpr Choice<ScaleKind> scales[] = {{"linear", ScaleKind::Linear}, {"log2", ScaleKind::Log2}};
    static constexpr Choice<Reducer> reducers[] = {
        {"max", Reducer::Max}, {"mean", Reducer::Mean}, {"extreme", Reducer::Extreme}};
    ES_OPTION(choose(metric, "--metric", metrics, spec.metric));
    ES_OPTION(choose(against, "--against", bases, spec.against));
    ES_OPTION(choose(sort, "--sort", sorts, spec.sort));
    ES_OPTION(choose(options.scale, "--scale", scales, spec.scale));
    ES_OPTION(choose(options.reducer, "--reducer", reducers, spec.reducer));
    if (!against.empty() && metric.empty() && options.spec.empty())
        spec.metric = LoadMetric::Ratio;
    if (!options.colour.empty()) {
        spec.colours = QString::fromStdString(options.colour);
        if (!colourTableNames().contains(spec.colours))
            return wrongUse("is none of " + colourTableNames().join(", ").toStdString(), "--colour " + options.colour);
    }
    if (!options.limits.empty()) {
        const QStringList parts = QString::fromStdString(options.limits).split(',');
        bool ok = parts.size() == 2, okHigh = false;
        const double low = ok ? parts[0].toDouble(&ok) : 0, high = ok ? parts[1].toDouble(&okHigh) : 0;
        if (!ok || !okHigh)
            return wrongUse("is not LOW,HIGH", "--limits " + options.limits);
        spec.limits = {low, high};
    }
    const auto text = [](const std::string& given, QString& into) {
        if (!given.empty())
            into = QString::fromStdString(given);
    };
    text(options.font, spec.fontFamily);
    text(options.title, spec.title);
    text(options.xLabel, spec.xTitle);
    text(options.yLabel, spec.yTitle);
    text(options.valueLabel, spec.valueTitle);
    spec.fontSizePt = options.fontSize.value_or(spec.fontSizePt);
    spec.dpi = options.dpi.value_or(spec.dpi);
    return spec;
}

Expected<FigureSpec> readSpec(const FigureRequest& options)
{
    if (options.spec.empty())
        return FigureSpec{};
    const QString name = QString::fromStdString(options.spec);
    QFile file(name);
    if (!file.open(QIODevice::ReadOnly))
        return fail(file.errorString().toStdString(), options.spec);
    if (file.size() > 1 << 20)
        return fail("is larger than any figure spec", options.spec);
    ES_ASSIGN(FigureSpec spec, parseFigureSpec(file.readAll(), name));
    // The path in a spec counts from where the spec lies.
    spec.tracePath = QDir::cleanPath(QFileInfo(name).absoluteDir().absoluteFilePath(spec.tracePath));
    return spec;
}

Expected<QStringList> draw(FigureSpec spec, const FigureRequest& options)
{
    const std::string trace = spec.tracePath.toStdString();
    ES_ASSIGN(auto file, TraceFile::open(trace));
    const QString uuid = QString::fromStdString(file->summary().uuid);
    if (!spec.traceUuid.isEmpty() && spec.traceUuid != uuid && options.traces.empty())
        return fail("is not the trace this figure was made of (uuid " + uuid.toStdString() + ", not "
                + spec.traceUuid.toStdString() + ")",
            trace, "name the trace on the command line to draw the same figure of it");
    spec.traceUuid = uuid;
    spec.tool = QString("expertscope ") + kVersion;
    const QDir beside = QFileInfo(QString::fromStdString(options.output)).absoluteDir();
    spec.tracePath = beside.relativeFilePath(QFileInfo(spec.tracePath).absoluteFilePath());
    ES_TRY(checkFigureSpec(spec, QString::fromStdString(options.spec.empty() ? "figure" : options.spec)));

    LoadTables tables;
    tables.shape = std::make_shared<RoutingShape>(file->shape());
    PassOptions pass;
    pass.threads = options.threads;
    const bool compare = spec.metric == LoadMetric::Ratio && spec.against == Against::All && !spec.where.empty();
    pass.where = spec.where;
    ES_ASSIGN(LoadTable selected, loadTable(*file, pass));
    tables.selected = std::make_shared<LoadTable>(std::move(selected));
    tables.all = tables.selected;
    if (compare) {
        pass.where.clear();
        ES_ASSIGN(LoadTable all, loadTable(*file, pass));
        tables.all = std::make_shared<LoadTable>(std::move(all));
    }
    const LoadMap map(tables, spec);
    ES_ASSIGN(
        const Figure figure, resolveLoadFigure(spec, map, figureDate(QString::fromStdString(file->summary().created))));
    return writeFigure(figure, QString::fromStdString(options.output), {options.alone});
}

int report(const Error& error, int status)
{
    std::fprintf(stderr, "expertscope: %s\n", error.message().c_str());
    return status;
}

}

static int runModule(const FigureRequest& options)
{
    // Figures never need a display, and look the same whatever the display is.
    qputenv("QT_QPA_PLATFORM", "offscreen");
    qputenv("QT_SCALE_FACTOR", "1");
    // Qt's remarks about the session (no XDG_RUNTIME_DIR, …) are no errors of ours, which are values and all reported.
    qInstallMessageHandler([](QtMsgType type, const QMessageLogContext&, const QString& message) {
        if (type == QtCriticalMsg || type == QtFatalMsg)
            std::fprintf(stderr, "expertscope: %s\n", qPrintable(message));
    });
    int argc = 1;
    char name[] = "expertscope";
    char* argv[] = {name, nullptr};
    QApplication application(argc, argv);

    auto spec = readSpec(options);
    if (!spec)
        return report(spec.error(), 1);
    auto complete = applyOptions(*spec, options);
    if (!complete)
        return report(complete.error().error, complete.error().status);
    if (!options.traces.empty())
        complete->tracePath = QString::fromStdString(options.traces.front());
    if (complete->tracePath.isEmpty())
        return report({"which trace?", "figure", "expertscope figure load TRACE -o FILE"}, 2);
    const auto written = draw(*complete, options);
    if (!written)
        return report(written.error(), 1);
    if (options.json) {
        const QJsonObject result{{"written", QJsonArray::fromStringList(*written)}};
        std::fputs(QJsonDocument(result).toJson(QJsonDocument::Compact).append('\n').constData(), stdout);
    } else {
        std::printf("%s\n", written->join('\n').toUtf8().constData());
    }
    return 0;
}

static const FigureModule& figureModule()
{
    const auto option = [](const char* name, const char* title, const char* meaning) {
        FigureKind::Option made;
        made.name = name;
        made.title = title;
        made.meaning = meaning;
        made.kind = ParameterSpec::Kind::Text;
        return made;
    };
    static const FigureModule module{{{"load", "Load map", "load of every expert, layers x experts",
                                         {option("metric", "Metric",
                                              "relative, share or ratio; default relative, with --where ratio"),
                                             option("against", "Against", "What a ratio compares with: uniform or all"),
                                             option("sort", "Sort", "Experts by id or by load")}}},
        runModule};
    return module;
}

}

extern "C" const expertscope::FigureModule* expertscopeFigureModule()
{
    return &expertscope::figureModule();
}
