// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which ticks a heat map's axes and colour bar carry, and what is written at them. Pure functions.
#pragma once

#include "views/paint/colour_table.h"

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
/// numbers of experts and of layers mostly are.
std::vector<Tick> cellTicks(const std::vector<int>& names, double first, double last, int most);

/// Round values between the limits of the scale, at most about `most`; on a log2 scale powers of two. `below` and
/// `above`: the data go beyond that end, whose tick then says so.
std::vector<Tick> scaleTicks(const ColourScale& scale, int most, bool below, bool above);

/// Shortest text for a value: "0.25", "−3", "1/8" for inverse powers of two when `fraction`. U+2212 is the minus.
QString tickText(double value, bool fraction);

/// `limits` for values between `least` and `largest`: linear from 0 (or a round number below) to a round number above;
/// log2 symmetric about 1, at most 1/16 to 16.
std::pair<double, double> roundLimits(ScaleKind kind, double least, double largest);

}
