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
    for (const ReferenceBand& band : bands) {
        if (band.upright != alongX)
            continue;
        extent.take(band.low);
        extent.take(band.high);
    }
}

std::vector<LegendEntry> Curves::legend() const
{
    std::vector<LegendEntry> entries;
    for (const Curve& curve : curves) {
        const auto shape = curve.line ? LegendEntry::Shape::Line : LegendEntry::Shape::None;
        entries.push_back({curve.name, curve.colour, shape, curve.dashed, curve.points || !curve.line});
    }
    for (const ReferenceBand& band : bands)
        entries.push_back({band.name, -1, LegendEntry::Shape::Shade});
    return entries;
}

}
