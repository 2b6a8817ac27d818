// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/layers/bars_plottable.h"

#include "views/paint/layers/curves_plottable.h"

#include <cmath>

namespace expertscope {

namespace {

constexpr double kFilled = 0.8; ///< of a category
constexpr double kNoGap = 3; ///< a category this narrow, in the painter's units, is filled
constexpr double kSeen = 3; ///< length of the outline of a bar of no length

}

bool BarsPlottable::there(const Cell& cell) const
{
    return cell.row < m_bars.rows() && cell.column < m_bars.columns(cell.row) && m_bars.has(cell.row, cell.column);
}

std::pair<double, double> BarsPlottable::slot(std::size_t series) const
{
    const QCPAxis& axis = categoryAxis();
    const double cell = std::abs(axis.coordToPixel(1) - axis.coordToPixel(0));
    const double filled = cell < kNoGap ? 1 : kFilled;
    if (m_bars.stacked)
        return {-filled / 2, filled / 2};
    const double each = filled / double(m_bars.rows());
    return {-filled / 2 + double(series) * each, -filled / 2 + double(series + 1) * each};
}

QRectF BarsPlottable::boxOf(const Cell& cell) const
{
    const auto [from, to] = slot(cell.row);
    auto [base, end] = m_bars.ends(cell.row, cell.column);
    const QCPRange seen = numberAxis().range();
    if (numberAxis().scaleType() == QCPAxis::stLogarithmic) // 0 lies nowhere
        base = std::max(base, seen.lower);
    const double at = double(cell.column);
    const QPointF a = m_bars.horizontal ? pixel(base, at + from) : pixel(at + from, base);
    const QPointF b = m_bars.horizontal ? pixel(end, at + to) : pixel(at + to, end);
    return QRectF(a, b).normalized();
}

std::optional<LayerPlottable::Cell> BarsPlottable::markAt(const QPointF& position) const
{
    const bool across = m_bars.horizontal;
    const double at = categoryAxis().pixelToCoord(across ? position.y() : position.x());
    const double category = std::floor(at + 0.5);
    if (category < 0 || category >= double(m_bars.categories()))
        return {};
    std::optional<Cell> best;
    double least = INFINITY;
    for (std::size_t r = 0; r < m_bars.rows(); ++r) {
        const Cell cell{r, std::size_t(category)};
        if (!there(cell))
            continue;
        const QRectF box = boxOf(cell);
        const double away = [&] { // beside it, and of stacked bars above and below too
            const auto beyond = [](double v, double low, double high) { return std::max({low - v, v - high, 0.0}); };
            const double x = beyond(position.x(), box.left(), box.right());
            const double y = beyond(position.y(), box.top(), box.bottom());
            return m_bars.stacked ? x + y : across ? y : x;
        }();
        if (away < least) {
            least = away;
            best = cell;
        }
    }
    return best;
}

QRectF BarsPlottable::placeOf(const Cell& cell) const
{
    if (!there(cell))
        return {};
    QRectF box = boxOf(cell);
    if (box.width() < kSeen && m_bars.horizontal)
        box.setWidth(kSeen);
    if (box.height() < kSeen && !m_bars.horizontal)
        box.setTop(box.bottom() - kSeen);
    return box.intersected(inside());
}

std::optional<LayerPlottable::Span> BarsPlottable::spanOf(const Cell& cell) const
{
    if (!there(cell))
        return {};
    const PlotView::Range category{double(cell.column) - 0.5, double(cell.column) + 0.5};
    const double end = m_bars.ends(cell.row, cell.column).second;
    return m_bars.horizontal ? Span{{end, end}, category} : Span{category, {end, end}};
}

void BarsPlottable::draw(QCPPainter* painter)
{
    painter->save();
    painter->setAntialiasing(false);
    painter->setRenderHint(QPainter::Antialiasing, m_style.paper);
    for (std::size_t r = 0; r < m_bars.rows(); ++r) {
        const QColor colour = seriesPen(m_style, m_bars.series[r].colour, false).colour;
        for (std::size_t c = 0; c < m_bars.columns(r); ++c) {
            if (!m_bars.has(r, c))
                continue;
            if (const QRectF box = boxOf({r, c}).intersected(inside()); !box.isEmpty())
                painter->fillRect(box, colour);
        }
    }
    painter->setRenderHint(QPainter::Antialiasing);
    for (std::size_t r = 0; r < m_bars.rows() && !m_bars.stacked; ++r)
        drawIntervals(painter, r);
    drawReference(painter);
    painter->restore();
}

void BarsPlottable::drawIntervals(QCPPainter* painter, std::size_t series) const
{
    const BarSeries& bars = m_bars.series[series];
    if (bars.low.size() != bars.values.size() || bars.high.size() != bars.values.size())
        return;
    QPen pen(m_style.text, m_style.axisLine);
    pen.setCapStyle(Qt::FlatCap);
    painter->setPen(pen);
    for (std::size_t c = 0; c < bars.values.size(); ++c) {
        if (std::isnan(bars.low[c]) || std::isnan(bars.high[c]) || !m_bars.has(series, c))
            continue;
        const auto [from, to] = slot(series);
        const double at = double(c) + (from + to) / 2;
        const QRectF box = boxOf({series, c});
        const double cap = std::min(m_bars.horizontal ? box.height() / 4 : box.width() / 4, m_style.dot / 2);
        const auto end = [&](double v) { return m_bars.horizontal ? pixel(v, at) : pixel(at, v); };
        drawErrorBar(painter, end(bars.low[c]), end(bars.high[c]), cap, m_bars.horizontal);
    }
}

void BarsPlottable::drawReference(QCPPainter* painter) const
{
    painter->setPen(curvePen(m_style, -1, true));
    const std::vector<double>& values = m_bars.reference;
    for (std::size_t c = 0; c < values.size();) {
        std::size_t end = c + 1;
        while (end < values.size() && values[end] == values[c])
            ++end;
        const double from = double(c) - 0.5, to = double(end) - 0.5;
        if (!std::isnan(values[c]))
            painter->drawLine(m_bars.horizontal ? pixel(values[c], from) : pixel(from, values[c]),
                m_bars.horizontal ? pixel(values[c], to) : pixel(to, values[c]));
        c = end;
    }
}

}
