// SPDX-License-Identifier: GPL-3.0-or-later
//
// Curves inside a QCustomPlot: lines with gaps and dots, bands around them. Includes qcustomplot.h: for .cpp files of
// views/paint only.
#pragma once

#include "views/paint/layers/layer_plottable.h"

namespace expertscope {

class CurvesPlottable final : public LayerPlottable
{
public:
    using LayerPlottable::LayerPlottable;

    void show(const Layer& layer, const std::optional<ColourKey>&) override { m_curves = std::get<Curves>(layer); }
    bool canShow(const Layer& layer) const override { return std::holds_alternative<Curves>(layer); }
    void setStyle(const Style& style) override { m_style = style; }

    std::optional<Cell> markAt(const QPointF& position) const override; ///< the nearest point within reach
    QRectF placeOf(const Cell& cell) const override; ///< a small box about the point
    std::optional<Span> spanOf(const Cell& cell) const override;

protected:
    void draw(QCPPainter* painter) override;

private:
    std::optional<QPointF> pointOf(std::size_t curve, std::size_t point) const; ///< none: a gap
    void drawReferences(QCPPainter* painter) const;
    void drawBand(QCPPainter* painter, const Curve& curve) const;
    void drawLine(QCPPainter* painter, const Curve& curve) const;
    void drawDots(QCPPainter* painter, const Curve& curve, const QPolygonF& places) const;
    void drawErrorBars(QCPPainter* painter, const Curve& curve) const;
    void drawLabels(QCPPainter* painter) const;

    Curves m_curves;
    Style m_style;
};

/// The pen of a curve's line; `colour` and `dashed` as in Curve.
QPen curvePen(const Style& style, int colour, bool dashed);
/// A line from one end to the other of an interval, with caps; `across`: it lies along x.
void drawErrorBar(QPainter* painter, const QPointF& from, const QPointF& to, double cap, bool across);
/// The same colour, for areas that others are seen through.
QColor shadeOf(QColor colour);

}
