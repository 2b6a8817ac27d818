// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/bars.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

bool Bars::has(std::size_t row, std::size_t column) const
{
    return !std::isnan(series[row].values[column]);
}

std::size_t Bars::categories() const
{
    std::size_t most = 0;
    for (const BarSeries& s : series)
        most = std::max(most, s.values.size());
    return most;
}

std::pair<double, double> Bars::ends(std::size_t row, std::size_t column) const
{
    double base = 0;
    for (std::size_t below = 0; stacked && below < row; ++below) {
        if (column < columns(below) && has(below, column))
            base += value(below, column);
    }
    return {base, base + value(row, column)};
}

void Bars::extend(Extent& extent, bool alongX) const
{
    if (alongX != horizontal)
        return;
    extent.grounded = true;
    extent.take(0);
    for (std::size_t r = 0; r < rows(); ++r) {
        for (std::size_t c = 0; c < columns(r); ++c)
            extent.take(ends(r, c).second);
        extent.take(series[r].low);
        extent.take(series[r].high);
    }
    extent.take(reference);
}

std::vector<LegendEntry> Bars::legend() const
{
    std::vector<LegendEntry> entries;
    for (const BarSeries& s : series)
        entries.push_back({s.name, s.colour, LegendEntry::Shape::Patch});
    if (std::ranges::any_of(reference, [](double v) { return !std::isnan(v); }))
        entries.push_back({referenceName, -1, LegendEntry::Shape::Line, true});
    return entries;
}

}
