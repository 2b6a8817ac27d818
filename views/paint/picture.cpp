// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/picture.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

/// Where a layer has a mark: rows and columns, and whether something is there.
struct Marks
{
    const Layer& layer;

    std::size_t rows() const
    {
        if (const auto* map = std::get_if<HeatMapPtr>(&layer))
            return *map ? (*map)->rows() : 0;
        return std::get<Curves>(layer).curves.size();
    }
    std::size_t columns(std::size_t row) const
    {
        if (const auto* map = std::get_if<HeatMapPtr>(&layer))
            return (*map)->columns();
        return std::get<Curves>(layer).curves[row].y.size();
    }
    bool has(std::size_t row, std::size_t column) const
    {
        if (const auto* map = std::get_if<HeatMapPtr>(&layer))
            return !std::isnan((*map)->values.at(row, column)) || (*map)->marked(row, column);
        return !std::isnan(std::get<Curves>(layer).curves[row].y[column]);
    }
    std::optional<std::pair<std::size_t, std::size_t>> first() const
    {
        for (std::size_t r = 0; r < rows(); ++r)
            for (std::size_t c = 0; c < columns(r); ++c)
                if (has(r, c))
                    return std::pair{r, c};
        return {};
    }
    /// The column of `row` that lies nearest to (from, column), and holds something.
    std::optional<std::size_t> nearest(std::size_t from, std::size_t column, std::size_t row) const
    {
        const auto* curves = std::get_if<Curves>(&layer);
        const auto place = [&](std::size_t r, std::size_t c) { return curves ? curves->curves[r].x[c] : double(c); };
        std::optional<std::size_t> best;
        for (std::size_t c = 0; c < columns(row); ++c) {
            const double distance = std::abs(place(row, c) - place(from, column));
            if (has(row, c) && (!best || distance < std::abs(place(row, *best) - place(from, column))))
                best = c;
        }
        return best;
    }
};

}

std::optional<Mark> steppedMark(const Picture& picture, std::optional<Mark> from, int rows, int columns)
{
    const auto layerOf = [&](const Mark& m) -> const Layer* {
        if (m.panel >= picture.panels.size() || m.layer >= picture.panels[m.panel].layers.size())
            return nullptr;
        return &picture.panels[m.panel].layers[m.layer];
    };
    const Layer* const layer = from ? layerOf(*from) : nullptr;
    if (!layer || from->row >= Marks{*layer}.rows() || from->column >= Marks{*layer}.columns(from->row)) {
        for (std::size_t p = 0; p < picture.panels.size(); ++p) {
            for (std::size_t l = 0; l < picture.panels[p].layers.size(); ++l) {
                if (const auto first = Marks{picture.panels[p].layers[l]}.first())
                    return Mark{
                        std::uint16_t(p), std::uint16_t(l), std::uint32_t(first->first), std::uint32_t(first->second)};
            }
        }
        return {};
    }
    const Marks marks{*layer};
    Mark at = *from;
    for (int left = std::abs(rows); left > 0; --left) {
        // Rows without anything near are stepped over.
        for (std::ptrdiff_t r = std::ptrdiff_t(at.row) + (rows > 0 ? 1 : -1);
             r >= 0 && r<std::ptrdiff_t(marks.rows()); r += rows> 0 ? 1 : -1) {
            if (const auto column = marks.nearest(at.row, at.column, std::size_t(r))) {
                at.row = std::uint32_t(r);
                at.column = std::uint32_t(*column);
                break;
            }
        }
    }
    for (int left = std::abs(columns); left > 0; --left) {
        for (std::ptrdiff_t c = std::ptrdiff_t(at.column) + (columns > 0 ? 1 : -1);
             c >= 0 && c<std::ptrdiff_t(marks.columns(at.row)); c += columns> 0 ? 1 : -1) {
            if (marks.has(at.row, std::size_t(c))) {
                at.column = std::uint32_t(c);
                break;
            }
        }
    }
    return at;
}

}
