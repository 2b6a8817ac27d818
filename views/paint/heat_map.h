// SPDX-License-Identifier: GPL-3.0-or-later
//
// The cells of a heat map, apart from how they are shown.
#pragma once

#include "views/paint/pyramid.h"

#include <QString>

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace expertscope {

struct ColourScale;

struct HeatMap
{
    Pyramid values; ///< [rows, columns], row 0 at the top
    std::vector<std::uint8_t> marks; ///< [rows, columns] or empty: 1 = never chosen
    QString markTitle; ///< "never chosen"
    double centre = 0; ///< neutral value of a diverging scale

    std::size_t rows() const { return values.rows(); }
    std::size_t columns() const { return values.columns(); }
    std::size_t columns(std::size_t) const { return values.columns(); } ///< alike in all rows
    double value(std::size_t row, std::size_t column) const { return values.at(row, column); }
    bool has(std::size_t row, std::size_t column) const; ///< a value, or a mark
    bool marked(std::size_t row, std::size_t column) const
    {
        return !marks.empty() && marks[row * columns() + column] != 0;
    }
    std::size_t markCount() const;
    std::optional<std::pair<double, double>> keyedValues() const; ///< smallest and largest
};

using HeatMapPtr = std::shared_ptr<const HeatMap>;

/// The colour bar is a heat map of one column and as many rows as the table has entries, highest at the top.
HeatMapPtr colourBarMap(const ColourScale& scale);

}
