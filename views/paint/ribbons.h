// SPDX-License-Identifier: GPL-3.0-or-later
//
// What flows between stages: columns of blocks that stand on each other, ribbons from the blocks of a column to those
// of the next, apart from how they are shown.
#pragma once

#include "views/paint/layer_parts.h"

#include <cstddef>
#include <memory>
#include <optional>

namespace expertscope {

struct FlowBlock
{
    QString name; ///< beside it, where it fits
    double size = 0; ///< along the vertical axis
};

struct FlowRibbon
{
    std::size_t from = 0, to = 0; ///< places of the blocks in their columns, from the top
    double size = 0; ///< the same scale, at both ends
    double colour = 0; ///< what the picture's key colours
};

/// Marks: the blocks of each column, a row a column; then the ribbons, a row from each column to its next. Column c
/// stands at c on the horizontal axis, its first block at the top; ends of ribbons lie in the order of what is at their
/// other end, from the top of their block, and what is left of the block is drawn as a stub.
struct Ribbons
{
    std::vector<std::vector<FlowBlock>> blocks; ///< [columns]
    std::vector<std::vector<FlowRibbon>> ribbons; ///< [columns - 1]

    std::size_t stages() const { return blocks.size(); }
    std::size_t rows() const { return blocks.size() + ribbons.size(); }
    std::size_t columns(std::size_t row) const
    {
        return row < stages() ? blocks[row].size() : ribbons[row - stages()].size();
    }
    bool has(std::size_t row, std::size_t column) const { return value(row, column) > 0; }
    double value(std::size_t row, std::size_t column) const
    {
        return row < stages() ? blocks[row][column].size : ribbons[row - stages()][column].size;
    }
    void extend(Extent& extent, bool alongX) const;
    std::optional<std::pair<double, double>> keyedValues() const; ///< smallest and largest
};

using RibbonsPtr = std::shared_ptr<const Ribbons>;

/// Where blocks and ribbons begin along the vertical axis, which runs upwards: their upper edges.
struct RibbonPlaces
{
    explicit RibbonPlaces(const Ribbons& ribbons);

    std::vector<std::vector<double>> blocks; ///< [columns][blocks]
    std::vector<std::vector<std::pair<double, double>>> ribbons; ///< [columns - 1][ribbons] at `from`, at `to`
    /// [columns][blocks] what of a block no ribbon takes: coming in, going out; the upper edges of that.
    std::vector<std::vector<std::pair<double, double>>> rest;
};

}
