// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a panel can hold, and what all kinds of it can be asked. A new kind is: a type of plain data with the members
// that LayerMarks and the functions below call, an entry in Layer, a plottable in layers/ and a line for
// makePlottable() there.
#pragma once

#include "views/paint/bars.h"
#include "views/paint/curves.h"
#include "views/paint/heat_map.h"
#include "views/paint/ribbons.h"
#include "views/paint/strips.h"
#include "views/paint/words.h"

#include <optional>
#include <utility>
#include <variant>

namespace expertscope {

using Layer = std::variant<HeatMapPtr, Curves, Bars, StripsPtr, WordsPtr, RibbonsPtr>;

/// The places of a layer that are about something, in rows and columns: cells, points of curves, bars, tokens, ribbons.
class LayerMarks
{
public:
    explicit LayerMarks(const Layer& layer)
        : m_layer(layer)
    {
    }

    std::size_t rows() const;
    std::size_t columns(std::size_t row) const;
    bool has(std::size_t row, std::size_t column) const; ///< something is there
    double value(std::size_t row, std::size_t column) const; ///< what is drawn; NaN: nothing
    double place(std::size_t row, std::size_t column) const; ///< along its row
    bool isReference(std::size_t row) const; ///< what others are compared with

    std::optional<std::pair<std::size_t, std::size_t>> first() const;
    /// The column of `row` that lies nearest to (from, column), and holds something.
    std::optional<std::size_t> nearest(std::size_t from, std::size_t column, std::size_t row) const;

private:
    const Layer& m_layer;
};

/// Takes what the layer has along an axis into `extent`; what stands in cells has nothing to say there.
void extend(Extent& extent, const Layer& layer, bool alongX);
std::vector<LegendEntry> legendOf(const Layer& layer);
/// Smallest and largest of the values that the picture's colour key colours; none: no such values.
std::optional<std::pair<double, double>> keyedValues(const Layer& layer);

}
