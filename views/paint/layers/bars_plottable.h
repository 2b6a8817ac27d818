// SPDX-License-Identifier: GPL-3.0-or-later
//
// Bars inside a QCustomPlot: grouped or stacked, with error bars and lines of reference. Includes qcustomplot.h: for
// .cpp files of views/paint only.
#pragma once

#include "views/paint/layers/layer_plottable.h"

namespace expertscope {

class BarsPlottable final : public LayerPlottable
{
public:
    using LayerPlottable::LayerPlottable;

    void show(const Layer& layer, const std::optional<ColourKey>&) override { m_bars = std::get<Bars>(layer); }
    bool canShow(const Layer& layer) const override { return std::holds_alternative<Bars>(layer); }
    void setStyle(const Style& style) override { m_style = style; }

    /// The bar in whose column a position lies, at any height; of stacked ones the part there, else the nearest.
    std::optional<Cell> markAt(const QPointF& position) const override;
    QRectF placeOf(const Cell& cell) const override;
    std::optional<Span> spanOf(const Cell& cell) const override;

protected:
    void draw(QCPPainter* painter) override;

private:
    const QCPAxis& categoryAxis() const { return m_bars.horizontal ? *mValueAxis : *mKeyAxis; }
    const QCPAxis& numberAxis() const { return m_bars.horizontal ? *mKeyAxis : *mValueAxis; }
    bool there(const Cell& cell) const;
    /// From where to where a series' bars reach in their category, in cells from its middle.
    std::pair<double, double> slot(std::size_t series) const;
    QRectF boxOf(const Cell& cell) const; ///< maybe out of sight
    void drawIntervals(QCPPainter* painter, std::size_t series) const;
    void drawReference(QCPPainter* painter) const;

    Bars m_bars;
    Style m_style;
};

}
