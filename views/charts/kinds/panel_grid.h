// SPDX-License-Identifier: GPL-3.0-or-later
//
// Charts that are drawn alike, as the panels of one: what makes them comparable is shared.
#pragma once

#include "views/charts/chart.h"

#include <utility>
#include <vector>

namespace expertscope {

/// One of the charts.
struct GridPart
{
    ChartPtr chart;
    QString title; ///< above its panels
    QByteArray name; ///< in the column "panel"
    /// What titles say of this part alone, and what they say instead where all parts share one.
    std::vector<std::pair<QString, QString>> own = {};
};

/// Subjects, marks, readouts (behind the part's title, where they do not say it) and records are those of the parts.
/// Shared are colour limits (from the least to the largest of the parts' own), the ranges of axes with one title, the
/// colours of names, axis titles, the legend. `about`: a line of the table that says what the panels are. `look` gets
/// what all came to. Errors: the parts show different quantities, or one colour would name two things.
Expected<ChartPtr> panelGrid(
    const std::string& chart, std::vector<GridPart> parts, const QString& about, QString note, Look& look);

}
