// SPDX-License-Identifier: GPL-3.0-or-later
//
// A kind of chart: one matrix with two axes that are said in words: experts, label values, sites, sizes. What is known
// of its cells is known by id; in which order they are drawn is the map's business.
#pragma once

#include "views/charts/chart.h"
#include "views/charts/kinds/cell_colours.h"
#include "views/charts/kinds/counted_cells.h"

namespace expertscope {

/// What the rows, or the columns, of a matrix are.
struct MatrixSide
{
    Axis axis; ///< by id: its names or words count them
    std::vector<Subject> subjects = {}; ///< [size] what each is about; empty: nothing that other charts show
    std::vector<std::size_t> order = {}; ///< [size] ids as they are drawn; empty: by id
    std::size_t size() const { return axis.cells(); }
    std::size_t at(std::size_t place) const { return order.empty() ? place : order[place]; }
};

struct MatrixCells
{
    MatrixSide rows, columns;
    std::vector<double> values; ///< [rows, columns] by id, as they are drawn; NaN: nothing is there
    double centre = 0; ///< of a diverging scale
    QString note = {};
    std::function<QString(std::size_t row, std::size_t column)> readout; ///< by id
    QByteArray csvHead; ///< and the line that names the columns
    std::function<QByteArray(std::size_t row, std::size_t column)> csvRecord; ///< a line, by id, all but its value
    std::function<std::uint64_t(std::size_t row, std::size_t column)> observations = {}; ///< by id; null: none counted
};

class MatrixMap final : public Chart, public CountedCells
{
public:
    /// `picture`: one panel, one heat map of `cells` in their order.
    MatrixMap(PicturePtr picture, MatrixCells cells);

    PicturePtr picture() const override { return m_picture; }
    std::optional<Subject> subject(const Mark& mark) const override;
    std::vector<Mark> marks(const Subject& subject) const override;
    QString readout(const Mark& mark) const override;
    QByteArray csv() const override;
    std::optional<std::uint64_t> observations(const Mark& mark) const override;

private:
    /// What a row and a column are about together; those that name the same are the row's.
    Subject subjectOf(std::size_t row, std::size_t column) const;
    bool holds(std::size_t row, std::size_t column) const;

    PicturePtr m_picture;
    MatrixCells m_cells;
};

/// `title`: of the colour bar, quantity and unit. Errors: those of colourCells().
Expected<ChartPtr> drawMatrix(MatrixCells cells, CellMeaning meaning, const QString& title, Look& look);

}
