// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "views/session/questions.h"

#include <QString>

class QWidget;

namespace expertscope {

class ChartView;

/// Asks for size and file of what a chart view shows and writes it. `last`: the file proposed; empty: one in `folder`
/// that is called as the chart. Returns the file written; empty: none.
QString exportChart(
    const ChartView& view, const StudyPtr& study, const QString& last, const QString& folder, QWidget* parent);

}
