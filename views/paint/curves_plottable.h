// SPDX-License-Identifier: GPL-3.0-or-later
//
// Curves inside a QCustomPlot: lines with gaps and dots, bands around them. Includes qcustomplot.h: for .cpp files of
// views/paint only.
#pragma once

#include "views/paint/picture.h"
#include "views/paint/style.h"

#include <qcustomplot.h>

#include <optional>

namespace expertscope {

class CurvesPlottable final : public QCPAbstractPlottable
{
public:
    CurvesPlottable(QCPAxis* keyAxis, QCPAxis* valueAxis);

    void setData(Curves curves) { m_curves = std::move(curves); }
    void setStyle(const Style& style) { m_style = style; }

    /// Curve and point nearest to a position of the widget, within `reach` of it.
    std::optional<std::pair<std::size_t, std::size_t>> pointAt(const QPointF& position, double reach) const;
    /// Where a point is; nothing where there is none.
    std::optional<QPointF> placeOf(std::size_t curve, std::size_t point) const;

    double selectTest(const QPointF& pos, bool onlySelectable, QVariant* details = nullptr) const override;
    QCPRange getKeyRange(bool& found, QCP::SignDomain domain = QCP::sdBoth) const override;
    QCPRange getValueRange(
        bool& found, QCP::SignDomain domain = QCP::sdBoth, const QCPRange& keyRange = QCPRange()) const override;

protected:
    void draw(QCPPainter* painter) override;
    void drawLegendIcon(QCPPainter* painter, const QRectF& rect) const override;

private:
    QPointF pixel(double x, double y) const;
    void drawBand(QCPPainter* painter, const Curve& curve) const;
    void drawLine(QCPPainter* painter, const Curve& curve) const;

    Curves m_curves;
    Style m_style;
};

/// The pen of a curve's line.
QPen curvePen(const Style& style, const Curve& curve);

}
