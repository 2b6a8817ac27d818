// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which blocks and ribbons of a flow diagram are drawn, and how large.
#pragma once

#include "views/charts/kinds/flow_window.h"

namespace expertscope {

/// A pair is drawn that has all of these, of these the `most` with the largest excess.
struct FlowThresholds
{
    double z = 0, lift = 0, count = 0;
    std::size_t most = 0;
};

/// An expert, or several that are few in one.
struct DrawnBlock
{
    std::vector<std::size_t> experts;
    FlowBlockCount count, against; ///< `against`: of the other trace, if there is one
    double size = 0; ///< height, %

    QString name() const; ///< "17", "other 104"
    QString shortName() const; ///< "17", "+104"
};

struct DrawnRibbon
{
    FlowCell cell, against; ///< from, to: places of the blocks in their columns
    double share = 0, againstShare = 0; ///< of all pairs
    double size = 0; ///< width, %: the larger share
};

/// What is drawn between two columns, smallest excess first.
struct DrawnGap
{
    std::vector<DrawnRibbon> ribbons;
    double flow = 0, excess = 0; ///< shares of the first trace's that are drawn
};

struct DrawnFlow
{
    std::vector<std::vector<DrawnBlock>> columns; ///< from the top down
    std::vector<DrawnGap> gaps;
    std::optional<std::pair<std::size_t, std::size_t>> focus; ///< column, block: its ribbons alone are there
};

/// `lump`: experts with less than so many times the mean share are one block, the last of its column; of two traces,
/// where both have less. `focus`: the ribbons of that expert alone; it is never lumped.
DrawnFlow drawnFlow(const FlowWindow& data, const FlowThresholds& least, double lump, std::optional<ExpertAt> focus);

}
