// SPDX-License-Identifier: GPL-3.0-or-later
//
// Aligned text tables for a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace expertscope {

/// Columns a terminal needs for the text: wide characters count 2, combining ones and emphasis (reading/emphasis.h) 0.
std::size_t displayWidth(std::string_view text);

/// Columns of the terminal on standard output; where that is none, plainWidth().
std::size_t terminalWidth();
/// $COLUMNS, else 120.
std::size_t plainWidth();

/// The text in lines of at most `width` columns, broken at spaces; all but the first begin with `indent` spaces.
std::string wrapped(const std::string& text, std::size_t width, std::size_t indent);

/// The text, or its beginning and "…" when it needs more than `width` columns.
std::string shortened(const std::string& text, std::size_t width);

/// A table whose first columns identify the line. When it is wider than the terminal, the other columns go on in a
/// second table below, again behind the first ones.
class TextTable
{
public:
    enum class Align
    {
        Left,
        Right
    };

    /// `keepWithPrevious`: never parted from the column before it.
    void addColumn(std::string header, Align align, bool isKey = false, bool keepWithPrevious = false);
    void addRow(std::vector<std::string> cells);
    std::string toString(std::size_t width) const;

private:
    struct Column
    {
        std::string header;
        Align align = Align::Left;
        bool isKey = false, keepWithPrevious = false;
    };
    std::string part(const std::vector<std::size_t>& columns, const std::vector<std::size_t>& widths) const;

    std::vector<Column> m_columns;
    std::vector<std::vector<std::string>> m_rows;
};

}
