// SPDX-License-Identifier: GPL-3.0-or-later
//
// Bars over an axis of cells, beside each other or stacked, apart from how they are shown.
#pragma once

#include "views/paint/layer_parts.h"

#include <cstddef>

namespace expertscope {

struct BarSeries
{
    QString name; ///< in the legend; empty: not in it
    std::vector<double> values; ///< [categories]; NaN: no bar
    std::vector<double> low = {}, high = {}; ///< ends of error bars, or empty; not of stacked ones
    int colour = 0; ///< number in Style::series; < 0: grey
};

/// Marks: the series (row) and the category (column). Bars stand on 0; what the value axis shows first holds it.
struct Bars
{
    std::vector<BarSeries> series;
    bool stacked = false; ///< on each other, from the first up; values >= 0
    bool horizontal = false; ///< categories on the y axis, the first at the top
    std::vector<double> reference = {}; ///< [categories] a dashed grey line across each; NaN: none; or empty
    QString referenceName = {}; ///< in the legend

    std::size_t rows() const { return series.size(); }
    std::size_t columns(std::size_t row) const { return series[row].values.size(); }
    double value(std::size_t row, std::size_t column) const { return series[row].values[column]; }
    bool has(std::size_t row, std::size_t column) const;
    std::size_t categories() const;
    /// Where the bar begins and ends along the value axis.
    std::pair<double, double> ends(std::size_t row, std::size_t column) const;
    void extend(Extent& extent, bool alongX) const;
    std::vector<LegendEntry> legend() const;
};

}
