// SPDX-License-Identifier: GPL-3.0-or-later
//
// Our heat map inside a QCustomPlot. Not QCPColorMap: that samples the nearest cell, loses hot ones, and prints as JPEG
// (research/qt_and_style A2, A3). Includes qcustomplot.h: for .cpp files of the views only.
#pragma once

#include "views/paint/layers/cells_plottable.h"

namespace expertscope {

class HeatMapPlottable final : public CellsPlottable
{
public:
    using CellsPlottable::CellsPlottable;

    void show(const Layer& layer, const std::optional<ColourKey>& key) override;
    bool canShow(const Layer& layer) const override { return std::holds_alternative<HeatMapPtr>(layer); }
    void setData(HeatMapPtr data, const ColourScale& scale, Reducer reducer);
    /// On paper: up to Style::maxRectangles cells are rectangles, more are one image, and of an image at most
    /// Style::dpi pixels an inch (units of the painter are points).
    void setStyle(const Style& style) override;

protected:
    void draw(QCPPainter* painter) override;
    std::size_t rows() const override { return m_data ? m_data->rows() : 0; }
    std::size_t columns() const override { return m_data ? m_data->columns() : 0; }

private:
    QRgb cellColour(std::size_t row, std::size_t column) const;
    static bool crossesFitInto(const Visible& v);
    void drawPaperImage(QCPPainter* painter, const Visible& v) const;
    void drawPixels(QCPPainter* painter, const Visible& v) const;
    void drawMarks(QCPPainter* painter, const Visible& v) const;

    HeatMapPtr m_data;
    ColourScale m_scale;
    Reducer m_reducer = Reducer::Max;
    std::size_t m_maxRectangles = 0;
    int m_maxDpi = 600;
};

/// Paints a cross that says "never chosen", half as wide as the cell; `cell` and `largest` in the painter's units.
void drawMark(QPainter* painter, const QRectF& cell, QRgb under, double largest);

/// Widest cross on paper (points) and on a screen (pixels).
inline constexpr double kPaperMark = 3.5, kScreenMark = 11;

/// Smallest side of a cell, in the painter's units, that has room for a cross; smaller ones are filled.
inline constexpr double kSmallestCross = 2;

}
