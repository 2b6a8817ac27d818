// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/curves.h"

#include <cmath>

namespace expertscope {

bool Curves::has(std::size_t row, std::size_t column) const
{
    return !std::isnan(curves[row].y[column]);
}

void Curves::extend(Extent& extent, bool alongX) const
{
    for (const Curve& curve : curves) {
        if (alongX) {
            extent.take(curve.x);
            continue;
        }
        extent.take(curve.y);
        extent.take(curve.low);
        extent.take(curve.high);
    }
}

std::vector<LegendEntry> Curves::legend() const
{
    std::vector<LegendEntry> entries;
    for (const Curve& curve : curves) {
        LegendEntry entry{curve.name, curve.colour};
        entry.dashed = curve.dashed;
        entry.dot = curve.points;
        entries.push_back(std::move(entry));
    }
    return entries;
}

}
