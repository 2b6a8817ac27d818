// SPDX-License-Identifier: GPL-3.0-or-later
//
// The command line that draws what a chart view shows.
#pragma once

#include "views/figure/figure_spec.h"

#include <QString>
#include <QStringList>

namespace expertscope {

class ChartView;
class Study;

struct ChartCommand
{
    QString text; ///< "expertscope figure load trace.h5 --where language=de -o load.pdf", as a shell takes it
    QStringList unsaid; ///< what is shown and has no option, in words; empty: the command is all of it
};

/// Options that differ from the standard, colours that were chosen, which tokens. The view must show a picture.
ChartCommand commandOf(const ChartView& view, const Study& study);

/// Of a chart with its options, colours and scope, without a window.
ChartCommand commandOf(const FigureSpec& spec, const RoutingShape& shape);

}
