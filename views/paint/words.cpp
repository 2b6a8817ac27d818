// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/words.h"

#include <cmath>

namespace expertscope {

bool Words::has(std::size_t row, std::size_t column) const
{
    return !std::isnan(colours[row].values[column]);
}

std::optional<std::pair<double, double>> Words::keyedValues() const
{
    Extent extent;
    for (const WordRow& row : colours) {
        for (const float value : row.keyed ? row.values : std::vector<float>())
            extent.take(double(value));
    }
    return extent.least <= extent.largest ? std::optional(std::pair(extent.least, extent.largest)) : std::nullopt;
}

}
