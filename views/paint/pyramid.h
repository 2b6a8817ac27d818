// SPDX-License-Identifier: GPL-3.0-or-later
//
// A matrix at many resolutions, so that a screen with fewer pixels than cells never hides a cell and never waits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace expertscope {

/// What one pixel shows when it covers several cells. Never "nearest": that loses single hot cells.
enum class Reducer
{
    Max,
    Mean,
    Extreme, ///< the smallest or the largest, whichever lies farther from a centre: for ratios and differences
};

const char* reducerName(Reducer reducer);

/// The cells [first, last) that pixel `i` of `n` over [from, to) stands for: all it touches, or the one under its
/// centre where it is smaller than one; empty outside of [0, cells).
std::pair<std::size_t, std::size_t> cellsOfPixel(
    std::size_t i, std::size_t n, double from, double to, std::size_t cells);

/// Maximum, minimum, sum and number of the cells of a row range in runs of 4^level columns. NaN cells hold nothing.
/// Rows are not reduced beforehand: a routing matrix has few, and a query walks them (research: 2-10 ms a frame).
class Pyramid
{
public:
    static constexpr std::size_t kFactor = 4;

    Pyramid() = default;
    /// `values` is [rows, columns], row-major.
    Pyramid(std::size_t rows, std::size_t columns, std::vector<float> values);

    std::size_t rows() const { return m_rows; }
    std::size_t columns() const { return m_columns; }
    const std::vector<float>& values() const { return m_values; }
    float at(std::size_t row, std::size_t column) const { return m_values[row * m_columns + column]; }
    std::size_t levels() const { return m_levels.size() + 1; }

    struct Summary
    {
        float max, min; ///< NaN when count is 0
        double sum = 0;
        std::uint64_t count = 0; ///< cells that hold a value

        /// `centre` and `log` matter to Extreme: distance is |v - centre| or |log2 v - log2 centre|.
        float reduced(Reducer reducer, double centre, bool log) const;
    };
    /// Exactly the cells [row0, row1) x [column0, column1), clipped to the matrix.
    Summary summarise(std::size_t row0, std::size_t row1, std::size_t column0, std::size_t column1) const;

    struct View
    {
        double left = 0, right = 0; ///< cell coordinates: column c covers [c, c + 1)
        double top = 0, bottom = 0; ///< row r covers [r, r + 1)
        std::size_t width = 0, height = 0; ///< pixels
    };
    /// One value a pixel, [height, width]; NaN outside the matrix and where nothing is. A pixel smaller than a cell
    /// shows the cell under its centre; a larger one the reduced value of every cell it touches, so that no cell is
    /// lost.
    std::vector<float> render(const View& view, Reducer reducer, double centre = 0, bool log = false) const;

private:
    struct Level
    {
        std::size_t columns = 0;
        std::vector<float> max, min, sum;
        std::vector<std::uint32_t> count;
    };
    std::size_t m_rows = 0, m_columns = 0;
    std::vector<float> m_values;
    std::vector<Level> m_levels; ///< [0] reduces by 4, [1] by 16, …

    void accumulate(std::size_t row, std::size_t column0, std::size_t column1, Summary& into) const;
};

}
