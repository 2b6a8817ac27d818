// SPDX-License-Identifier: GPL-3.0-or-later
//
// From load tables to the layers x experts picture, for the window and the figure alike.
#pragma once

#include "analysis/counts/load_table.h"
#include "views/figure/figure.h"

#include <QString>

#include <memory>
#include <vector>

namespace expertscope {

/// One load picture's numbers. `all` is the whole trace, `selected` the part that is looked at; the same when nothing
/// is filtered.
struct LoadTables
{
    std::shared_ptr<const RoutingShape> shape;
    std::shared_ptr<const LoadTable> selected, all;
};

/// Everything known of a cell.
struct LoadCell
{
    SiteIndex site;
    ExpertIndex expert;
    int layer = 0;
    std::size_t rank = 0; ///< by load in its layer, 0 = most chosen
    std::uint64_t count = 0; ///< tokens of the selection that chose it
    double share = 0; ///< count / all choices of the layer; NaN when there are none
    double relative = 0; ///< count / mean count of the layer's experts: 1 = uniform (metrics 6.1)
    double ratioToAll = 0; ///< share in the selection / share in the whole trace; NaN when it was never chosen
};

/// The picture and the way back from its cells to the experts.
class LoadMap
{
public:
    /// Uses of `spec`: metric, against, sort, where (for titles), trace path and uuid, tool (for the CSV).
    LoadMap(const LoadTables& tables, const FigureSpec& spec);

    const HeatMapPtr& map() const { return m_map; }
    /// The cell drawn at (row, column); none where this layer has fewer experts.
    std::optional<LoadCell> cell(std::size_t row, std::size_t column) const;

private:
    LoadCell describe(std::size_t site, std::size_t expert) const;

    LoadTables m_tables;
    std::size_t m_columns = 0;
    std::vector<std::uint16_t> m_experts; ///< [rows, columns] expert id, kNoExpert where there is none
    std::vector<std::uint16_t> m_ranks; ///< [rows, expert]
    HeatMapPtr m_map;
};

/// Fills in what `spec` leaves open (colours, scale, limits, reducer, height, titles) and makes the figure.
/// Error: an impossible combination, with the key's name.
Expected<Figure> resolveLoadFigure(const FigureSpec& spec, const LoadMap& map, const QDateTime& created);

/// Reducer, colours, scale and limits that `spec` leaves open, from the data; for the screen.
Expected<ColourScale> resolveScale(FigureSpec& spec, const HeatMap& map);

}
