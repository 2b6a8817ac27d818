// SPDX-License-Identifier: GPL-3.0-or-later
//
// What an axis of a panel carries at the size it has now. Includes qcustomplot.h: for .cpp files of views/paint only.
#pragma once

#include "views/paint/axis_ticks.h"
#include "views/paint/style.h"

#include <qcustomplot.h>

#include <optional>
#include <utility>

namespace expertscope {

class AxisLabels
{
public:
    /// `ends`: first and last of the whole numbers that the data have on this axis, where all are in sight: both are
    /// labelled.
    AxisLabels(QCPAxis& axis, const Axis& meaning, const Style& style, std::optional<std::pair<int, int>> ends);

    /// As many ticks as fit. Words that do not fit level are turned, and cut in the middle past `longest`.
    void fit(double longest);
    /// How far the last label reaches beyond the end of a horizontal axis, after fit().
    double overhang() const;
    /// At most so many, without a look at the room.
    std::vector<Tick> ticks(int most) const;

private:
    void fitNumbers();
    void fitWords(double longest);
    double apart(const Tick& a, const Tick& b) const;
    double length() const;

    QCPAxis& m_axis;
    const Axis& m_meaning;
    QFontMetricsF m_metrics;
    std::optional<std::pair<int, int>> m_ends;
};

}
