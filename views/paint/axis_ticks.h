// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which ticks a heat map's axes and colour bar carry, and what is written at them. Pure functions.
#pragma once

#include "views/paint/colour_table.h"
#include "views/paint/picture.h"

#include <QString>

#include <utility>
#include <vector>

namespace expertscope {

struct Tick
{
    double position; ///< axis coordinate: index of the row or column; for a colour bar the position in [0, 1]
    QString label;
};

/// Ticks at cells of [first, last], at most about `most` of them: names that are multiples of a power of two, since
/// numbers of experts and of layers mostly are, or (`decimal`) of 1, 2, 5, 10, …; and the last cell of all, so that a
/// reader sees how many there are.
std::vector<Tick> cellTicks(const std::vector<int>& names, double first, double last, int most, bool decimal = false);

/// Ticks at cells of [first, last], at most about `most` of them: all, or every second, third ….
std::vector<Tick> wordTicks(const std::vector<QString>& words, double first, double last, int most);

/// Ticks of an axis of numbers between `low` and `high`, at most about `most`: round steps; on logarithmic scales
/// powers, or round values where there are less than two; only whole numbers where `whole`. Positions are values.
std::vector<Tick> numberTicks(Axis::Scale scale, bool whole, double low, double high, int most);

/// Ends of an axis for values between `least` and `largest`: from 0 where that is not far, else round numbers; on
/// logarithmic scales a little room about them. Never empty.
std::pair<double, double> roundRange(Axis::Scale scale, double least, double largest);

/// Round values between the limits of the scale, at most about `most`; on a log2 scale powers of two, or round values
/// where there are less than three. `below` and
/// `above`: the data go beyond that end, whose tick then says so.
std::vector<Tick> scaleTicks(const ColourScale& scale, int most, bool below, bool above);

/// Shortest text for a value: "0.25", "−3", "1/8" for inverse powers of two when `fraction`. U+2212 is the minus.
QString tickText(double value, bool fraction);

/// `limits` for values between `least` and `largest`: linear from 0 (or a round number below) to a round number above;
/// log2 symmetric about 1: to 1.1, 1.25, 1.5, 2, 4, 8 or at most 16 times.
std::pair<double, double> roundLimits(ScaleKind kind, double least, double largest);

}
