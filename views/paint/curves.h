// SPDX-License-Identifier: GPL-3.0-or-later
//
// Lines and points over two axes of numbers, apart from how they are shown.
#pragma once

#include "views/paint/layer_parts.h"

#include <QString>

#include <cstddef>
#include <vector>

namespace expertscope {

/// One line of a panel: points in order of x. NaN in y: a gap.
struct Curve
{
    QString name; ///< in the legend; empty: not in it
    std::vector<double> x, y;
    std::vector<double> low = {}, high = {}; ///< of a band around the line, or empty
    int colour = 0; ///< number in Style::series; < 0: for what is compared with, grey
    int comparedWith = -1; ///< the colour of the one curve that is compared with this, which takes it; < 0: all are
    bool dashed = false;
    bool points = true; ///< a dot at each
    bool line = true; ///< joins them; without one points are in any order, and low and high are error bars
    std::vector<QString> labels = {}; ///< beside the points, where they do not collide; or empty
};

/// Between two values, across the panel.
struct ReferenceBand
{
    QString name; ///< in the legend; empty: not in it
    double low, high;
    bool upright = false; ///< the values are of x
};

/// Marks: the curve (row) and its point (column).
struct Curves
{
    std::vector<Curve> curves;
    std::vector<ReferenceBand> bands = {}; ///< behind them, grey

    std::size_t rows() const { return curves.size(); }
    std::size_t columns(std::size_t row) const { return curves[row].y.size(); }
    double value(std::size_t row, std::size_t column) const { return curves[row].y[column]; }
    bool has(std::size_t row, std::size_t column) const;
    double place(std::size_t row, std::size_t column) const { return curves[row].x[column]; }
    bool isReference(std::size_t row) const { return curves[row].colour < 0; }
    void extend(Extent& extent, bool alongX) const;
    std::vector<LegendEntry> legend() const;
};

}
