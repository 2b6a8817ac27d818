// SPDX-License-Identifier: GPL-3.0-or-later
//
// Layers whose marks are cells: column c between c - 1/2 and c + 1/2 on the key axis, row r likewise on the (reversed)
// value axis. Includes qcustomplot.h: for .cpp files of views/paint only.
#pragma once

#include "views/paint/layers/layer_plottable.h"

namespace expertscope {

class CellsPlottable : public LayerPlottable
{
public:
    using LayerPlottable::LayerPlottable;

    std::optional<Cell> markAt(const QPointF& position) const override;
    QRectF placeOf(const Cell& cell) const override;
    std::optional<Span> spanOf(const Cell& cell) const override;
    bool framed() const override { return true; }
    bool isReduced(double pixelRatio) const override;
    bool crossesFit() const override;

protected:
    virtual std::size_t rows() const = 0;
    virtual std::size_t columns() const = 0;

    struct Visible
    {
        std::size_t row0, row1, column0, column1;
        QRectF area; ///< of those cells, in the painter's units
    };
    std::optional<Visible> visible() const;

    /// Vector cells, neighbours in a row of one colour as one rectangle. `colour(row, column)`.
    template <class Colour> static void drawRectangles(QCPPainter* painter, const Visible& v, const Colour& colour);

    /// The device's own pixels that the cells in sight are shared out among, whole ones inside the frame: none is lost
    /// in half a pixel at an edge.
    struct Pixels
    {
        QSize size;
        QRectF place; ///< in the painter's units
        double left, right, top, bottom; ///< cells they cover, counted from the edge of the first
    };
    std::optional<Pixels> pixelsOf(const QCPPainter& painter, const Visible& v) const;
    /// On paper: one pixel a cell where that many can be printed, else as many as `dpi` has.
    static QSize paperPixels(const Visible& v, int dpi);
};

template <class Colour> void CellsPlottable::drawRectangles(QCPPainter* painter, const Visible& v, const Colour& colour)
{
    /// Cells reach this far (points) into their right and lower neighbours: no viewer then shows hairlines.
    constexpr double kOverlap = 0.35;
    painter->setPen(Qt::NoPen);
    const double w = v.area.width() / double(v.column1 - v.column0), h = v.area.height() / double(v.row1 - v.row0);
    for (std::size_t r = v.row0; r < v.row1; ++r) {
        const double top = v.area.top() + double(r - v.row0) * h;
        const double bottom = std::min(top + h + kOverlap, v.area.bottom());
        for (std::size_t c = v.column0; c < v.column1;) {
            const QRgb here = colour(r, c);
            const std::size_t first = c;
            while (c < v.column1 && colour(r, c) == here)
                ++c;
            const double left = v.area.left() + double(first - v.column0) * w;
            const double right = std::min(v.area.left() + double(c - v.column0) * w + kOverlap, v.area.right());
            painter->setBrush(QColor::fromRgb(here));
            painter->drawRect(QRectF(QPointF(left, top), QPointF(right, bottom)));
        }
    }
}

}
