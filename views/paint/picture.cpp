// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/picture.h"

#include <cstdlib>

namespace expertscope {

std::optional<Mark> steppedMark(const Picture& picture, std::optional<Mark> from, int rows, int columns)
{
    const auto layerOf = [&](const Mark& m) -> const Layer* {
        if (m.panel >= picture.panels.size() || m.layer >= picture.panels[m.panel].layers.size())
            return nullptr;
        return &picture.panels[m.panel].layers[m.layer];
    };
    const Layer* const layer = from ? layerOf(*from) : nullptr;
    if (!layer || from->row >= LayerMarks(*layer).rows() || from->column >= LayerMarks(*layer).columns(from->row)) {
        for (std::size_t p = 0; p < picture.panels.size(); ++p) {
            for (std::size_t l = 0; l < picture.panels[p].layers.size(); ++l) {
                if (const auto first = LayerMarks(picture.panels[p].layers[l]).first())
                    return Mark{
                        std::uint16_t(p), std::uint16_t(l), std::uint32_t(first->first), std::uint32_t(first->second)};
            }
        }
        return {};
    }
    const LayerMarks marks(*layer);
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
