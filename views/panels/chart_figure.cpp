// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/panels/chart_figure.h"

#include "analysis/study/sides.h"
#include "io/base/version.h"
#include "views/widgets/chart_view.h"

#include <QDir>
#include <QFileInfo>

#include <algorithm>
#include <numeric>

namespace expertscope {

FigureSpec figureSpecOf(const ChartView& view, const Study& study)
{
    FigureSpec spec;
    const ChartQuestion& question = view.shownQuestion();
    spec.tool = QString("expertscope ") + kVersion;
    spec.chart = view.state().chart().name;
    // The first one is what a figure is about; others it names by their place.
    std::vector<std::size_t> order(study.traces().size());
    std::iota(order.begin(), order.end(), std::size_t(0));
    std::swap(order.front(), order[question.trace]);
    for (const std::size_t place : order) {
        const NamedTrace& trace = study.traces()[place];
        spec.traces.push_back({QFileInfo(QString::fromStdString(trace.path.string())).absoluteFilePath(),
            QString::fromStdString(trace.summary.uuid)});
    }
    spec.scope = question.scope;
    spec.options = question.params.all();
    if (const auto against = spec.options.find("against_trace"); against != spec.options.end() && !against->second.empty()) {
        if (const auto place = traceNamed(study, against->second)) {
            const auto at = std::ranges::find(order, *place) - order.begin();
            against->second = std::to_string(at + 1);
        }
    }
    spec.look = view.shownLook();
    const Picture& picture = *view.chart()->picture();
    if (!picture.panels.empty()) {
        spec.labels.x = picture.panels.front().x.title;
        spec.labels.y = picture.panels.front().y.title;
    }
    if (picture.key)
        spec.labels.colour = picture.key->title;
    return spec;
}

Expected<QStringList> writeChartFigure(
    const ChartView& view, const Study& study, FigureSpec spec, const QString& path, WriteOptions options)
{
    if (!view.chart())
        return fail("no chart is shown", "export");
    for (const NamedTrace& trace : study.traces())
        options.inputs.push_back(trace.path);
    const QDir folder = QFileInfo(path).absoluteDir();
    for (TraceRef& trace : spec.traces)
        trace.path = folder.relativeFilePath(trace.path);
    const QDateTime created = figureDate(QString::fromStdString(study.traces().front().summary.created));
    ES_ASSIGN(const Figure figure, makeFigure(view.chart(), spec, created));
    return writeFigure(figure, {path}, options);
}

}
