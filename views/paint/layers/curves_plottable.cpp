// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/layers/curves_plottable.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

constexpr double kReach = 16; ///< pixels from a point that still mean it
constexpr double kPointBox = 9;

}

QColor shadeOf(QColor colour)
{
    colour.setAlphaF(0.2f);
    return colour;
}

void drawErrorBar(QPainter* painter, const QPointF& from, const QPointF& to, double cap, bool across)
{
    const QPointF side = across ? QPointF(0, cap) : QPointF(cap, 0);
    painter->drawLine(from, to);
    painter->drawLine(from - side, from + side);
    painter->drawLine(to - side, to + side);
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
    drawReferences(painter);
    for (const Curve& curve : m_curves.curves) {
        if (curve.line)
            drawBand(painter, curve);
    }
    for (const bool references : {true, false}) { // what is compared with lies below
        for (const Curve& curve : m_curves.curves) {
            if ((curve.colour < 0) == references)
                curve.line ? drawLine(painter, curve) : drawErrorBars(painter, curve);
        }
    }
    drawLabels(painter);
}

void CurvesPlottable::drawReferences(QCPPainter* painter) const
{
    const QRectF all = inside();
    for (const ReferenceBand& band : m_curves.bands) {
        const QCPAxis& axis = band.upright ? *mKeyAxis : *mValueAxis;
        const double a = axis.coordToPixel(band.low), b = axis.coordToPixel(band.high);
        const QRectF area = band.upright ? QRectF(QPointF(a, all.top()), QPointF(b, all.bottom()))
                                         : QRectF(QPointF(all.left(), a), QPointF(all.right(), b));
        painter->fillRect(area.normalized().intersected(all), shadeOf(m_style.reference));
    }
}

void CurvesPlottable::drawBand(QCPPainter* painter, const Curve& curve) const
{
    if (curve.low.size() != curve.x.size() || curve.high.size() != curve.x.size())
        return;
    painter->setPen(Qt::NoPen);
    painter->setBrush(shadeOf(seriesPen(m_style, curve.colour, false).colour));
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
    const bool ofOne = curve.colour < 0 && curve.comparedWith >= 0;
    QPen pen = curvePen(m_style, curve.colour, curve.dashed);
    if (ofOne)
        pen.setColor(seriesPen(m_style, curve.comparedWith, false).colour);
    QPolygonF all;
    double between = 0; // dots, in all
    for (std::size_t i = 0; i < curve.y.size();) {
        QPolygonF line;
        for (; i < curve.y.size(); ++i) {
            const auto at = pixel(curve.x[i], curve.y[i]);
            if (!std::isfinite(at.x()) || !std::isfinite(at.y()))
                break;
            if (!line.isEmpty())
                between += at.x() - line.last().x();
            line << at;
        }
        painter->setPen(pen);
        painter->setBrush(Qt::NoBrush);
        painter->drawPolyline(line);
        all += line;
        ++i; // over the gap
    }
    // Where only some are near each other the others still show where points are.
    if (all.isEmpty() || (all.size() > 1 && (!curve.points || between < 1.8 * m_style.dot * double(all.size() - 1))))
        return;
    drawDots(painter, curve, all);
}

void CurvesPlottable::drawDots(QCPPainter* painter, const Curve& curve, const QPolygonF& places) const
{
    painter->setPen(Qt::NoPen);
    painter->setBrush(seriesPen(m_style, curve.colour, false).colour);
    for (const QPointF& at : places)
        painter->drawEllipse(at, m_style.dot / 2, m_style.dot / 2);
    painter->setBrush(Qt::NoBrush);
}

void CurvesPlottable::drawErrorBars(QCPPainter* painter, const Curve& curve) const
{
    QPen pen(seriesPen(m_style, curve.colour, false).colour, 0.75 * m_style.curveLine);
    pen.setCapStyle(Qt::FlatCap);
    QPolygonF places;
    for (std::size_t i = 0; i < curve.y.size(); ++i) {
        const QPointF at = pixel(curve.x[i], curve.y[i]);
        if (!std::isfinite(at.x()) || !std::isfinite(at.y()))
            continue;
        places << at;
        if (curve.low.size() != curve.x.size() || curve.high.size() != curve.x.size())
            continue;
        const QPointF low = pixel(curve.x[i], curve.low[i]), high = pixel(curve.x[i], curve.high[i]);
        painter->setPen(pen);
        if (std::isfinite(low.y()) && std::isfinite(high.y()))
            drawErrorBar(painter, low, high, m_style.dot / 2, false);
    }
    drawDots(painter, curve, places);
}

void CurvesPlottable::drawLabels(QCPPainter* painter) const
{
    struct Label
    {
        QPointF at;
        QString text;
        QColor colour;
    };
    std::vector<Label> labels;
    std::vector<QRectF> taken; // by dots, then by labels
    for (const Curve& curve : m_curves.curves) {
        const QColor colour = curve.colour < 0 ? m_style.reference : m_style.text;
        for (std::size_t i = 0; i < curve.labels.size() && i < curve.y.size(); ++i) {
            const QPointF at = pixel(curve.x[i], curve.y[i]);
            if (!std::isfinite(at.x()) || !std::isfinite(at.y()) || !inside().contains(at))
                continue;
            taken.emplace_back(at.x() - m_style.dot / 2, at.y() - m_style.dot / 2, m_style.dot, m_style.dot);
            if (!curve.labels[i].isEmpty())
                labels.push_back({at, curve.labels[i], colour});
        }
    }
    if (labels.empty())
        return;
    // Those at the ends first: they are what a reader looks for.
    const auto ends = [&](auto&& of) {
        const auto [least, most] = std::ranges::minmax_element(labels, {}, of);
        const QString texts[] = {least->text, most->text};
        std::stable_partition(labels.begin(), labels.end(), // std::ranges' is more than clang 14 can read
            [&](const Label& l) { return l.text == texts[0] || l.text == texts[1]; });
    };
    ends([](const Label& l) { return l.at.x(); });
    ends([](const Label& l) { return l.at.y(); });
    const QFontMetricsF metrics(m_style.font);
    painter->setFont(m_style.font);
    for (const Label& label : labels) {
        const QSizeF size(metrics.horizontalAdvance(label.text), 0.8 * metrics.height());
        const double away = m_style.dot / 2 + 1.5;
        const QPointF corners[] = {{away, -size.height() / 2}, {-away - size.width(), -size.height() / 2},
            {-size.width() / 2, -away - size.height()}, {-size.width() / 2, away}};
        for (const QPointF& corner : corners) {
            const QRectF box(label.at + corner, size);
            if (!inside().contains(box)
                || std::ranges::any_of(taken, [&](const QRectF& other) { return other.intersects(box); }))
                continue;
            taken.push_back(box);
            painter->setPen(QPen(label.colour));
            painter->drawText(box, Qt::AlignCenter | Qt::TextDontClip, label.text);
            break;
        }
    }
}

}
