// SPDX-License-Identifier: GPL-3.0-or-later
//
// Running text whose tokens are coloured, apart from how it is shown.
#pragma once

#include "views/paint/categories.h"

#include <memory>
#include <optional>
#include <utility>

namespace expertscope {

/// A colour for each token: behind its text, or in a strip below.
struct WordRow
{
    QString name;
    std::vector<float> values; ///< [tokens]; NaN: none
    bool keyed = true; ///< values through the picture's colour key; else they are numbers of Words::categories
};

/// Marks: the row of colours (row) and the token (column). Rows after the first are strips under each line of text.
struct Words
{
    std::vector<QString> pieces; ///< [tokens]: text as it stands, with its blanks and line breaks
    std::vector<WordRow> colours;
    Categories categories;
    std::uint64_t first = 0; ///< number of the first token, for the note that says which of them are seen
    std::uint64_t total = 0; ///< tokens that there are in all; 0: these

    std::size_t rows() const { return colours.size(); }
    std::size_t columns() const { return pieces.size(); }
    std::size_t columns(std::size_t) const { return pieces.size(); }
    double value(std::size_t row, std::size_t column) const { return double(colours[row].values[column]); }
    bool has(std::size_t row, std::size_t column) const;
    std::vector<LegendEntry> legend() const { return categories.legend(); }
    std::optional<std::pair<double, double>> keyedValues() const;
};

using WordsPtr = std::shared_ptr<const Words>;

}
