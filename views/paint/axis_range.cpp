// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/axis_range.h"

#include "views/paint/axis_ticks.h"

#include <algorithm>

namespace expertscope {

bool isLog(const Axis& axis)
{
    return axis.scale == Axis::Scale::Log2 || axis.scale == Axis::Scale::Log10;
}

Extent extentOf(const Panel& panel, bool isX)
{
    Extent extent{isLog(isX ? panel.x : panel.y)};
    for (const Layer& layer : panel.layers)
        extend(extent, layer, isX);
    return extent;
}

std::pair<double, double> fullRange(const Panel& panel, bool isX)
{
    const Axis& axis = isX ? panel.x : panel.y;
    if (axis.scale == Axis::Scale::None)
        return {0, 1};
    if (axis.low < axis.high)
        return {axis.low, axis.high};
    if (axis.scale == Axis::Scale::Cells)
        return {-0.5, std::max<double>(double(axis.cells()), 1) - 0.5};
    const auto [positive, grounded, least, largest] = extentOf(panel, isX);
    if (isX && !isLog(axis) && !grounded && least < largest) { // points at the ends stand free of the frame
        const double room = axis.whole ? std::min(0.5, 0.04 * (largest - least)) : 0.03 * (largest - least);
        return {least - room, largest + room};
    }
    return roundRange(axis.scale, least, largest);
}

}
