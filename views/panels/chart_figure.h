// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a chart view shows, on paper.
#pragma once

#include "analysis/study/study.h"
#include "views/figure/figure_files.h"

namespace expertscope {

class ChartView;

/// The figure spec of what is shown, with nothing left open but the height; of the trace the absolute path. The view
/// must show a picture.
FigureSpec figureSpecOf(const ChartView& view, const Study& study);

/// `spec` may differ from figureSpecOf() in its page and its labels. The spec that is written names the trace as seen
/// from where it lies; no trace of the study is replaced. Errors: those of makeFigure() and writeFigure(); nothing is shown.
Expected<QStringList> writeChartFigure(
    const ChartView& view, const Study& study, FigureSpec spec, const QString& path, WriteOptions options);

}
