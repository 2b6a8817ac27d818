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
    Ratio, ///< 1 = as expected: vik about 1 on a log2 scale, the most extreme
    Difference ///< the map's centre = as expected: vik about it, linear, the most extreme
};

/// Fills in what `look` leaves open from the values of `map`, and says what it comes to. Limits hold as many values as
/// `look` says, else all, unless a few of many would leave the others one colour: what lies beyond the ends, the bar
/// says. They are symmetric about the neutral value only where the colours have a neutral middle. Error: no such colour
/// table; limits that the scale cannot have.
Expected<ColourKey> colourCells(Look& look, const HeatMap& map, CellMeaning meaning, const QString& title);

}
