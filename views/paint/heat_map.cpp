// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/heat_map.h"

#include "views/paint/colour_table.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

std::size_t HeatMap::markCount() const
{
    return std::size_t(std::count(marks.begin(), marks.end(), 1));
}

bool HeatMap::has(std::size_t row, std::size_t column) const
{
    return !std::isnan(values.at(row, column)) || marked(row, column);
}

std::optional<std::pair<double, double>> HeatMap::keyedValues() const
{
    const Pyramid::Summary all = values.summarise(0, rows(), 0, columns());
    return all.count ? std::optional(std::pair<double, double>(all.min, all.max)) : std::nullopt;
}

HeatMapPtr colourBarMap(const ColourScale& scale)
{
    std::vector<float> values(256);
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = float(scale.valueAt((255.5 - double(i)) / 256));
    auto map = std::make_shared<HeatMap>();
    map->values = Pyramid(256, 1, std::move(values));
    return map;
}

}
