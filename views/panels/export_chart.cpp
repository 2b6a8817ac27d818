// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/panels/export_chart.h"

#include "views/figure/page.h"
#include "views/panels/chart_figure.h"
#include "views/panels/export_dialog.h"
#include "views/widgets/chart_view.h"

namespace expertscope {

QString exportChart(
    const ChartView& view, const StudyPtr& study, const QString& last, const QString& folder, QWidget* parent)
{
    const QString start =
        last.isEmpty() ? folder + '/' + QString::fromStdString(view.state().chart().name) + ".pdf" : last;
    const QString note = view.widget()->isZoomed()
        ? QStringLiteral("The whole picture is written, not only the part that is zoomed to.")
        : QString();
    ExportDialog dialog(
        figureSpecOf(view, *study), start,
        [&](const FigureSpec& spec, const QString& path, bool alone, bool replace) {
            return writeChartFigure(view, *study, spec, path, {alone, replace});
        },
        [&](PageSpec page) -> std::optional<double> {
            page.heightMm = 0;
            const auto settled = settledPage(view.chart()->picture(), page);
            return settled ? std::optional(settled->heightMm) : std::nullopt;
        },
        note, parent);
    return dialog.exec() == QDialog::Accepted ? dialog.path() : QString();
}

}
