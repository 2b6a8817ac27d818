// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/curves_plottable.h"

#include <cmath>

namespace expertscope {

QPen curvePen(const Style& style, const Curve& curve)
{
    const SeriesPen series = seriesPen(style, curve.colour, curve.dashed);
    QPen pen(series.colour, curve.colour < 0 ? style.curveLine * 0.75 : style.curveLine);
    pen.setJoinStyle(Qt::RoundJoin);
    pen.setCapStyle(Qt::FlatCap);
    if (!series.dashes.empty())
        pen.setDashPattern(QList<qreal>(series.dashes.begin(), series.dashes.end()));
    return pen;
}

CurvesPlottable::CurvesPlottable(QCPAxis* keyAxis, QCPAxis* valueAxis)
    : QCPAbstractPlottable(keyAxis, valueAxis)
{
    setSelectable(QCP::stNone);
}

QPointF CurvesPlottable::pixel(double x, double y) const
{
    return {mKeyAxis->coordToPixel(x), mValueAxis->coordToPixel(y)};
}

std::optional<QPointF> CurvesPlottable::placeOf(std::size_t curve, std::size_t point) const
{
    if (curve >= m_curves.curves.size() || point >= m_curves.curves[curve].y.size())
        return {};
    const Curve& c = m_curves.curves[curve];
    const QPointF at = pixel(c.x[point], c.y[point]);
    return std::isfinite(at.x()) && std::isfinite(at.y()) ? std::optional(at) : std::nullopt;
}

std::optional<std::pair<std::size_t, std::size_t>> CurvesPlottable::pointAt(const QPointF& position, double reach) const
{
    std::optional<std::pair<std::size_t, std::size_t>> best;
    double least = reach * reach;
    for (std::size_t c = 0; c < m_curves.curves.size(); ++c) {
        for (std::size_t i = 0; i < m_curves.curves[c].y.size(); ++i) {
            const auto at = placeOf(c, i);
            if (!at)
                continue;
            const QPointF to = *at - position;
            if (const double distance = QPointF::dotProduct(to, to); distance <= least) {
                least = distance;
                best = std::pair{c, i};
            }
        }
    }
    return best;
}

double CurvesPlottable::selectTest(const QPointF&, bool, QVariant*) const
{
    return -1;
}

QCPRange CurvesPlottable::getKeyRange(bool& found, QCP::SignDomain) const
{
    found = false; // the panel knows what is to be seen
    return {};
}

QCPRange CurvesPlottable::getValueRange(bool& found, QCP::SignDomain, const QCPRange&) const
{
    found = false;
    return {};
}

void CurvesPlottable::draw(QCPPainter* painter)
{
    // On a screen QCustomPlot moves what it smooths to the middle of pixels, where its axes are; a page has no pixels.
    painter->setAntialiasing(!m_style.paper);
    painter->setRenderHint(QPainter::Antialiasing);
    for (const Curve& curve : m_curves.curves)
        drawBand(painter, curve);
    for (const bool references : {true, false}) { // what is compared with lies below
        for (const Curve& curve : m_curves.curves) {
            if ((curve.colour < 0) == references)
                drawLine(painter, curve);
        }
    }
}

void CurvesPlottable::drawBand(QCPPainter* painter, const Curve& curve) const
{
    if (curve.low.size() != curve.x.size() || curve.high.size() != curve.x.size())
        return;
    QColor colour = seriesPen(m_style, curve.colour, false).colour;
    colour.setAlphaF(0.2f);
    painter->setPen(Qt::NoPen);
    painter->setBrush(colour);
    for (std::size_t i = 0; i < curve.x.size();) {
        QPolygonF band;
        std::size_t end = i;
        while (end < curve.x.size() && !std::isnan(curve.low[end]) && !std::isnan(curve.high[end]))
            ++end;
        for (std::size_t j = i; j < end; ++j)
            band << pixel(curve.x[j], curve.high[j]);
        for (std::size_t j = end; j > i; --j)
            band << pixel(curve.x[j - 1], curve.low[j - 1]);
        painter->drawPolygon(band);
        i = end + 1;
    }
    painter->setBrush(Qt::NoBrush);
}

void CurvesPlottable::drawLine(QCPPainter* painter, const Curve& curve) const
{
    const QPen pen = curvePen(m_style, curve);
    QPolygonF all;
    double room = 1e9; // between dots
    for (std::size_t i = 0; i < curve.y.size();) {
        QPolygonF line;
        for (; i < curve.y.size(); ++i) {
            const auto at = pixel(curve.x[i], curve.y[i]);
            if (!std::isfinite(at.x()) || !std::isfinite(at.y()))
                break;
            if (!line.isEmpty())
                room = std::min(room, at.x() - line.last().x());
            line << at;
        }
        painter->setPen(pen);
        painter->setBrush(Qt::NoBrush);
        painter->drawPolyline(line);
        all += line;
        ++i; // over the gap
    }
    if (all.isEmpty() || (all.size() > 1 && (!curve.points || room < 1.8 * m_style.dot)))
        return;
    painter->setPen(Qt::NoPen);
    painter->setBrush(pen.color());
    for (const QPointF& at : all)
        painter->drawEllipse(at, m_style.dot / 2, m_style.dot / 2);
    painter->setBrush(Qt::NoBrush);
}

void CurvesPlottable::drawLegendIcon(QCPPainter*, const QRectF&) const { }

}
