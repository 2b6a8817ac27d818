// SPDX-License-Identifier: GPL-3.0-or-later
//
// A raster of numbers that are names, coloured by category, apart from how it is shown. Pixels that cover several cells
// show the category of more than half of them, or that they are mixed: a mean or an extreme of names says nothing.
#pragma once

#include "views/paint/categories.h"
#include "views/paint/pyramid.h"

#include <memory>

namespace expertscope {

struct Strips
{
    static constexpr std::uint16_t kNothing = 65535;
    static constexpr int kMixed = -2, kNone = -3; ///< besides the numbers of Categories

    std::size_t numRows = 0, numColumns = 0;
    std::vector<std::uint16_t> values; ///< [rows, columns], row 0 at the top
    Categories categories;

    std::size_t rows() const { return numRows; }
    std::size_t columns() const { return numColumns; }
    std::size_t columns(std::size_t) const { return numColumns; }
    std::uint16_t at(std::size_t row, std::size_t column) const { return values[row * numColumns + column]; }
    bool has(std::size_t row, std::size_t column) const { return at(row, column) != kNothing; }
    double value(std::size_t row, std::size_t column) const;
    int colourOf(std::size_t row, std::size_t column) const;
    std::vector<LegendEntry> legend() const { return categories.legend(); }

    /// A colour a pixel, [height, width]: of Categories, kMixed, or kNone where nothing is.
    std::vector<int> render(const Pyramid::View& view) const;
};

using StripsPtr = std::shared_ptr<const Strips>;

}
