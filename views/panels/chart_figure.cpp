// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/panels/chart_figure.h"

#include "io/base/version.h"
#include "views/widgets/chart_view.h"

#include <QDir>
#include <QFileInfo>

namespace expertscope {

FigureSpec figureSpecOf(const ChartView& view, const Study& study)
{
    FigureSpec spec;
    const ChartQuestion& question = view.shownQuestion();
    spec.tool = QString("expertscope ") + kVersion;
    spec.chart = view.state().chart().name;
    for (const NamedTrace& trace : study.traces())
        spec.traces.push_back({QFileInfo(QString::fromStdString(trace.path.string())).absoluteFilePath(),
            QString::fromStdString(trace.summary.uuid)});
    spec.scope = question.scope;
    spec.options = question.params.all();
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
    ES_ASSIGN(const Figure figure, makeFigure(*view.chart(), spec, created));
    return writeFigure(figure, {path}, options);
}

}
