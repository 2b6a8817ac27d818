// SPDX-License-Identifier: GPL-3.0-or-later
//
// What layers of any kind tell the axes and the legend.
#pragma once

#include <QString>

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace expertscope {

/// Smallest and largest of what the layers of a panel have along one axis.
struct Extent
{
    bool positive = false; ///< only what a logarithmic axis can show
    bool grounded = false; ///< bars stand on 0: no room before it
    double least = std::numeric_limits<double>::infinity();
    double largest = -std::numeric_limits<double>::infinity();

    void take(double value)
    {
        if (!std::isfinite(value) || (positive && value <= 0))
            return;
        least = value < least ? value : least;
        largest = value > largest ? value : largest;
    }
    void take(const std::vector<double>& values)
    {
        for (const double value : values)
            take(value);
    }
};

/// A name and how what it names looks.
struct LegendEntry
{
    enum class Shape
    {
        Line,
        Patch,
        Category, ///< a patch of Style::categories
        Shade, ///< a pale band
        None
    };
    QString name; ///< empty: not in the legend
    int colour = 0; ///< as in the layer
    Shape shape = Shape::Line;
    bool dashed = false;
    bool dot = false;
};

}
