// SPDX-License-Identifier: GPL-3.0-or-later
//
// What an axis shows at first: what it says itself, else what the layers of its panel have. Pure functions.
#pragma once

#include "views/paint/picture.h"

#include <utility>

namespace expertscope {

bool isLog(const Axis& axis);

/// Smallest and largest of what the layers of a panel have along an axis.
Extent extentOf(const Panel& panel, bool isX);

/// Ends of an axis of the panel; of cells half a cell beyond the first and the last.
std::pair<double, double> fullRange(const Panel& panel, bool isX);

}
