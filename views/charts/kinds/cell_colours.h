// SPDX-License-Identifier: GPL-3.0-or-later
//
// How the values of a heat map become colours where the user left it open.
#pragma once

#include "io/base/error.h"
#include "views/paint/picture.h"

namespace expertscope {

/// Quantities that are told apart by what they are compared with.
enum class CellMeaning
{
    Amount, ///< from 0 up: viridis, linear, the largest of the cells under a pixel
    Ratio ///< 1 = as expected: vik about 1 on a log2 scale, the most extreme
};

/// Fills in what `look` leaves open from the values of `map`, and says what it comes to. Limits hold all values, unless
/// a few of many would leave the others one colour: then those lie beyond the ends, and the bar says so. Error: no such
/// colour table; limits that the scale cannot have.
Expected<ColourKey> colourCells(Look& look, const HeatMap& map, CellMeaning meaning, const QString& title);

}
