// SPDX-License-Identifier: GPL-3.0-or-later
//
// A layer of a panel inside a QCustomPlot: what panels ask of it, whatever kind it is. Includes qcustomplot.h: for .cpp
// files of views/paint only.
#pragma once

#include "views/paint/picture.h"
#include "views/paint/plot_builder.h"

#include <qcustomplot.h>

#include <optional>

namespace expertscope {

class LayerPlottable : public QCPAbstractPlottable
{
public:
    LayerPlottable(QCPAxis* keyAxis, QCPAxis* valueAxis);

    /// A layer of the kind that this can show.
    virtual void show(const Layer& layer, const std::optional<ColourKey>& key) = 0;
    virtual bool canShow(const Layer& layer) const = 0;
    virtual void setStyle(const Style& style) = 0;

    struct Cell
    {
        std::size_t row, column;
    };
    /// The mark under a position of the widget, or near it.
    virtual std::optional<Cell> markAt(const QPointF& position) const = 0;
    /// Where a mark is seen inside of the axes; empty when there is none, or out of sight.
    virtual QRectF placeOf(const Cell& cell) const = 0;
    /// What must be in sight for a mark to be seen, in coordinates of the axes; none: no such mark.
    struct Span
    {
        PlotView::Range x, y; ///< NaN: that axis does not matter
    };
    virtual std::optional<Span> spanOf(const Cell& cell) const = 0;

    virtual bool framed() const { return false; } ///< fills its panel, which has axes all around
    virtual bool isReduced(double) const { return false; } ///< at so many pixels a unit, several marks share one
    virtual bool crossesFit() const { return true; } ///< into its cells
    virtual QString note() const { return {}; } ///< what is not seen of it at this size, in words
    virtual QStringList texts() const { return {}; } ///< that it draws on paper

    /// What has no axes scrolls instead of zooming.
    virtual bool scrolls() const { return false; }
    virtual void scrollBy(double /*pages*/) { }
    virtual void scrollTo(const Cell&) { } ///< moves as little as it must
    /// Takes the width there is and the height it needs: its legend goes below.
    virtual bool isWide() const { return false; }
    virtual std::optional<double> wantedHeight(double /*width*/) const { return {}; } ///< to show all of it

    // Ranges are the panel's to know.
    double selectTest(const QPointF& pos, bool onlySelectable, QVariant* details = nullptr) const override;
    QCPRange getKeyRange(bool& found, QCP::SignDomain domain = QCP::sdBoth) const override;
    QCPRange getValueRange(
        bool& found, QCP::SignDomain domain = QCP::sdBoth, const QCPRange& keyRange = QCPRange()) const override;

protected:
    void drawLegendIcon(QCPPainter* painter, const QRectF& rect) const override;
    /// The inside of the axes: QCustomPlot's vertical coordinates end one unit above the axis rectangle, and so do its
    /// frame and its clipping.
    QRectF inside() const { return QRectF(clipRect()).translated(0, -1); }
    QPointF pixel(double x, double y) const { return {mKeyAxis->coordToPixel(x), mValueAxis->coordToPixel(y)}; }
};

/// The plottable for a layer, on these axes; it belongs to their plot.
LayerPlottable* makePlottable(const Layer& layer, QCPAxis* x, QCPAxis* y);

}
