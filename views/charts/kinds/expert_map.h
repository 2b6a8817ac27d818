// SPDX-License-Identifier: GPL-3.0-or-later
//
// A kind of chart: a cell for each expert of each site, sites as rows.
#pragma once

#include "views/charts/chart.h"
#include "views/charts/kinds/counted_cells.h"

namespace expertscope {

/// The experts' cells: [rows, columns], a row a site.
struct ExpertCells
{
    std::vector<SiteIndex> sites; ///< of the rows
    std::size_t columns = 0;
    std::vector<std::uint16_t> experts; ///< [rows, columns], kNoExpert where this site has fewer

    ExpertCells(std::vector<SiteIndex> sites, const RoutingShape& shape);
    std::uint16_t& at(std::size_t row, std::size_t column) { return experts[row * columns + column]; }
    std::uint16_t at(std::size_t row, std::size_t column) const { return experts[row * columns + column]; }
};

/// Layers of the rows, as an axis.
Axis siteAxis(const std::vector<SiteIndex>& sites, const RoutingShape& shape);
/// An axis of `count` experts, ids from 0, or ranks from 1.
Axis expertCellAxis(QString title, std::size_t count, int first = 0);

class ExpertMap final : public Chart, public CountedCells
{
public:
    /// What a chart says of its cells.
    struct Words
    {
        std::function<QString(SiteIndex, ExpertIndex)> readout;
        QByteArray csvHead; ///< and the line that names the columns
        std::function<QByteArray(std::size_t row, ExpertIndex)> csvRecord; ///< a line of the table
        std::function<std::uint64_t(SiteIndex, ExpertIndex)> observations = {}; ///< null: nothing is counted
    };
    /// `picture`: one panel, one heat map of the shape of `cells`.
    ExpertMap(PicturePtr picture, ExpertCells cells, Words words);

    PicturePtr picture() const override { return m_picture; }
    std::optional<Subject> subject(const Mark& mark) const override;
    std::vector<Mark> marks(const Subject& subject) const override;
    QString readout(const Mark& mark) const override;
    QByteArray csv() const override;
    std::optional<std::uint64_t> observations(const Mark& mark) const override;

private:
    PicturePtr m_picture;
    ExpertCells m_cells;
    Words m_words;
};

}
