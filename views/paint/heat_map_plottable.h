// SPDX-License-Identifier: GPL-3.0-or-later
//
// Our heat map inside a QCustomPlot. Not QCPColorMap: that samples the nearest cell, loses hot ones, and prints as JPEG
// (research/qt_and_style A2, A3). Includes qcustomplot.h: for .cpp files of the views only.
#pragma once

#include "views/paint/colour_table.h"
#include "views/paint/heat_map.h"

#include <qcustomplot.h>

#include <optional>

namespace expertscope {

/// Draws a HeatMap: column c between c - 1/2 and c + 1/2 on the key axis, row r likewise on the (reversed) value axis.
class HeatMapPlottable final : public QCPAbstractPlottable
{
public:
    HeatMapPlottable(QCPAxis* keyAxis, QCPAxis* valueAxis);

    void setData(HeatMapPtr data, const ColourScale& scale, Reducer reducer);
    const HeatMap* data() const { return m_data.get(); }
    const ColourScale& scale() const { return m_scale; }

    /// On paper: up to this many cells are rectangles, more are one image, and of an image at most so many pixels an
    /// inch (units of the painter are points).
    void setPaper(std::size_t maxRectangles, int maxDpi);

    /// The cell under a position of the widget, as (row, column).
    std::optional<std::pair<std::size_t, std::size_t>> cellAt(const QPointF& position) const;

    double selectTest(const QPointF& pos, bool onlySelectable, QVariant* details = nullptr) const override;
    QCPRange getKeyRange(bool& found, QCP::SignDomain domain = QCP::sdBoth) const override;
    QCPRange getValueRange(
        bool& found, QCP::SignDomain domain = QCP::sdBoth, const QCPRange& keyRange = QCPRange()) const override;

protected:
    void draw(QCPPainter* painter) override;
    void drawLegendIcon(QCPPainter* painter, const QRectF& rect) const override;

private:
    struct Visible
    {
        std::size_t row0, row1, column0, column1;
        QRectF area; ///< of those cells, in the painter's units
    };
    QRectF cellClip() const;
    std::optional<Visible> visible() const;
    QRgb cellColour(std::size_t row, std::size_t column) const;
    static bool crossesFit(const Visible& v);
    void drawRectangles(QCPPainter* painter, const Visible& v) const;
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
