// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/layers/curves_plottable.h"

#include <cmath>

namespace expertscope {

namespace {

constexpr double kReach = 16; ///< pixels from a point that still mean it
constexpr double kPointBox = 9;

}

QPen curvePen(const Style& style, int colour, bool dashed)
{
    const SeriesPen series = seriesPen(style, colour, dashed);
    QPen pen(series.colour, colour < 0 ? style.curveLine * 0.75 : style.curveLine);
    pen.setJoinStyle(Qt::RoundJoin);
    pen.setCapStyle(Qt::FlatCap);
    if (!series.dashes.empty())
        pen.setDashPattern(QList<qreal>(series.dashes.begin(), series.dashes.end()));
    return pen;
}

std::optional<QPointF> CurvesPlottable::pointOf(std::size_t curve, std::size_t point) const
{
    if (curve >= m_curves.rows() || point >= m_curves.columns(curve))
        return {};
    const Curve& c = m_curves.curves[curve];
    const QPointF at = pixel(c.x[point], c.y[point]);
    return std::isfinite(at.x()) && std::isfinite(at.y()) ? std::optional(at) : std::nullopt;
}

std::optional<LayerPlottable::Cell> CurvesPlottable::markAt(const QPointF& position) const
{
    std::optional<Cell> best;
    double least = kReach * kReach;
    for (std::size_t c = 0; c < m_curves.rows(); ++c) {
        for (std::size_t i = 0; i < m_curves.columns(c); ++i) {
            const auto at = pointOf(c, i);
            if (!at)
                continue;
            const QPointF to = *at - position;
            if (const double distance = QPointF::dotProduct(to, to); distance <= least) {
                least = distance;
                best = Cell{c, i};
            }
        }
    }
    return best;
}

QRectF CurvesPlottable::placeOf(const Cell& cell) const
{
    const auto at = pointOf(cell.row, cell.column);
    if (!at || !inside().adjusted(-1, -1, 1, 1).contains(*at))
        return {};
    return QRectF(at->x() - kPointBox / 2, at->y() - kPointBox / 2, kPointBox, kPointBox);
}

std::optional<LayerPlottable::Span> CurvesPlottable::spanOf(const Cell& cell) const
{
    if (cell.row >= m_curves.rows() || cell.column >= m_curves.columns(cell.row))
        return {};
    const double x = m_curves.curves[cell.row].x[cell.column], y = m_curves.curves[cell.row].y[cell.column];
    return Span{{x, x}, {y, y}};
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
    const QPen pen = curvePen(m_style, curve.colour, curve.dashed);
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

}
