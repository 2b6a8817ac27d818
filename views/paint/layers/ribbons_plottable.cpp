// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/layers/ribbons_plottable.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace expertscope {

namespace {

// Parts of the distance between columns.
constexpr double kHalfBlock = 0.045, kWidestHalf = 0.12, kStub = 0.06;
constexpr double kMargin = 1; ///< beside names
constexpr double kOpacity = 0.6;
constexpr double kHatch = 3; ///< between the lines of a stub
constexpr double kSeparated = 1.5; ///< blocks at least this tall are told apart by a line
constexpr double kHairline = 0.4; ///< thinner ribbons are drawn as lines of that width
constexpr double kLeastStub = 0.1; ///< height

/// From 0 to 1 with level ends: the height of a cubic with handles at half way, at t of its curve.
double eased(double t)
{
    return t * t * (3 - 2 * t);
}

/// How far such a curve is along its way when it is at `x` of its width.
double along(double x)
{
    double low = 0, high = 1;
    for (int i = 0; i < 30; ++i) {
        const double t = (low + high) / 2, s = 1 - t;
        (3 * s * s * t * 0.5 + 3 * s * t * t * 0.5 + t * t * t < x ? low : high) = t;
    }
    return eased(low);
}

}

void RibbonsPlottable::show(const Layer& layer, const std::optional<ColourKey>& key)
{
    m_data = std::get<RibbonsPtr>(layer);
    m_places.reset();
    if (m_data)
        m_places.emplace(*m_data);
    measureNames();
    m_scale = key ? std::optional(key->scale) : std::nullopt;
}

double RibbonsPlottable::halfBlock() const
{
    const double pitch = std::abs(mKeyAxis->coordToPixel(1) - mKeyAxis->coordToPixel(0));
    return std::clamp((m_widestName / 2 + kMargin) / std::max(pitch, 1.0), kHalfBlock, kWidestHalf);
}

void RibbonsPlottable::measureNames()
{
    const QFontMetricsF metrics(m_style.font);
    m_widestName = 0;
    for (std::size_t column = 0; m_data && column < m_data->stages(); ++column)
        for (const FlowBlock& block : m_data->blocks[column])
            m_widestName = std::max(m_widestName, metrics.horizontalAdvance(block.name));
}

void RibbonsPlottable::setStyle(const Style& style)
{
    m_style = style;
    measureNames();
}

std::optional<double> RibbonsPlottable::wantedHeight(double width) const
{
    std::size_t most = 0;
    for (std::size_t column = 0; m_data && column < m_data->stages(); ++column)
        most = std::max(most, m_data->blocks[column].size());
    return std::min(width, 1.2 * QFontMetricsF(m_style.font).height() * double(most));
}

bool RibbonsPlottable::there(const Cell& cell) const
{
    return m_data && cell.row < m_data->rows() && cell.column < m_data->columns(cell.row)
        && m_data->has(cell.row, cell.column);
}

QRectF RibbonsPlottable::blockBox(std::size_t column, std::size_t block) const
{
    const double top = m_places->blocks[column][block], at = double(column), half = halfBlock();
    return QRectF(pixel(at - half, top), pixel(at + half, top - m_data->blocks[column][block].size)).normalized();
}

RibbonsPlottable::Course RibbonsPlottable::courseOf(std::size_t gap, std::size_t ribbon) const
{
    const auto [from, to] = m_places->ribbons[gap][ribbon];
    const double half = halfBlock();
    return {pixel(double(gap) + half, 0).x(), pixel(double(gap + 1) - half, 0).x(), from, to,
        m_data->ribbons[gap][ribbon].size};
}

QPainterPath RibbonsPlottable::pathOf(const Course& course) const
{
    const auto y = [this](double v) { return mValueAxis->coordToPixel(v); };
    const double middle = (course.left + course.right) / 2;
    const double from = y(course.from), to = y(course.to);
    const double fromEnd = y(course.from - course.size), toEnd = y(course.to - course.size);
    QPainterPath path(QPointF(course.left, from));
    path.cubicTo({middle, from}, {middle, to}, {course.right, to});
    path.lineTo(course.right, toEnd);
    path.cubicTo({middle, toEnd}, {middle, fromEnd}, {course.left, fromEnd});
    path.closeSubpath();
    return path;
}

QPainterPath RibbonsPlottable::middleOf(const Course& course) const
{
    const double from = mValueAxis->coordToPixel(course.from - course.size / 2),
                 to = mValueAxis->coordToPixel(course.to - course.size / 2), middle = (course.left + course.right) / 2;
    QPainterPath path(QPointF(course.left, from));
    path.cubicTo({middle, from}, {middle, to}, {course.right, to});
    return path;
}

bool RibbonsPlottable::isThin(std::size_t gap, std::size_t ribbon) const
{
    const double unit = std::abs(mValueAxis->coordToPixel(1) - mValueAxis->coordToPixel(0));
    return m_data->ribbons[gap][ribbon].size * unit < kHairline;
}

std::optional<LayerPlottable::Cell> RibbonsPlottable::markAt(const QPointF& position) const
{
    if (!m_data || !inside().contains(position))
        return {};
    const double x = mKeyAxis->pixelToCoord(position.x()), y = mValueAxis->pixelToCoord(position.y());
    const double nearest = std::round(x), half = halfBlock();
    if (nearest >= 0 && nearest < double(m_data->stages()) && std::abs(x - nearest) <= half) {
        const auto column = std::size_t(nearest);
        const auto& tops = m_places->blocks[column]; // from the top down
        const auto below = std::ranges::lower_bound(tops, y, std::greater());
        if (below == tops.begin())
            return {};
        const Cell cell{column, std::size_t(below - tops.begin()) - 1};
        return there(cell) && y >= tops[cell.column] - m_data->blocks[column][cell.column].size ? std::optional(cell)
                                                                                                : std::nullopt;
    }
    if (!(x > 0) || std::size_t(x) >= m_data->ribbons.size())
        return {};
    const auto gap = std::size_t(x);
    const double part = along((x - double(gap) - half) / (1 - 2 * half));
    for (std::size_t r = m_data->ribbons[gap].size(); r > 0; --r) {
        const auto [from, to] = m_places->ribbons[gap][r - 1];
        const double top = from + (to - from) * part;
        if (y <= top && y >= top - m_data->ribbons[gap][r - 1].size)
            return Cell{m_data->stages() + gap, r - 1};
    }
    return {};
}

QRectF RibbonsPlottable::placeOf(const Cell& cell) const
{
    if (!there(cell))
        return {};
    if (cell.row < m_data->stages())
        return blockBox(cell.row, cell.column).intersected(inside());
    constexpr double kHalfWidth = 0.05;
    const std::size_t gap = cell.row - m_data->stages();
    const auto [from, to] = m_places->ribbons[gap][cell.column];
    const double top = (from + to) / 2, middle = double(gap) + 0.5;
    return QRectF(
        pixel(middle - kHalfWidth, top), pixel(middle + kHalfWidth, top - m_data->ribbons[gap][cell.column].size))
        .normalized()
        .intersected(inside());
}

std::optional<LayerPlottable::Span> RibbonsPlottable::spanOf(const Cell& cell) const
{
    if (!there(cell))
        return {};
    const double size = m_data->value(cell.row, cell.column);
    if (cell.row < m_data->stages()) {
        const double top = m_places->blocks[cell.row][cell.column], at = double(cell.row), half = halfBlock();
        return Span{{at - half, at + half}, {top - size, top}};
    }
    const std::size_t gap = cell.row - m_data->stages();
    const auto [from, to] = m_places->ribbons[gap][cell.column];
    return Span{{double(gap), double(gap + 1)}, {std::min(from, to) - size, std::max(from, to)}};
}

QString RibbonsPlottable::note() const
{
    if (!m_data)
        return {};
    std::size_t thin = 0;
    for (std::size_t gap = 0; gap < m_data->ribbons.size(); ++gap)
        for (std::size_t r = 0; r < m_data->ribbons[gap].size(); ++r)
            thin += isThin(gap, r);
    return thin ? QString("%1 ribbons are thinner than their line").arg(thin) : QString();
}

QStringList RibbonsPlottable::texts() const
{
    QStringList texts;
    if (m_data && !m_data->blocks.empty() && !m_data->blocks.front().empty())
        texts << m_data->blocks.front().front().name;
    return texts;
}

void RibbonsPlottable::draw(QCPPainter* painter)
{
    if (!m_data)
        return;
    painter->save();
    painter->setAntialiasing(false); // QCustomPlot moves everything by half a unit where it smooths
    painter->setRenderHint(QPainter::Antialiasing);
    for (std::size_t gap = 0; gap < m_data->ribbons.size(); ++gap)
        drawRibbons(painter, gap);
    for (std::size_t column = 0; column < m_data->stages(); ++column) {
        drawRest(painter, column);
        drawBlocks(painter, column);
        drawNames(painter, column);
    }
    painter->restore();
}

void RibbonsPlottable::drawRibbons(QCPPainter* painter, std::size_t gap) const
{
    for (std::size_t r = 0; r < m_data->ribbons[gap].size(); ++r) {
        const Course course = courseOf(gap, r);
        if (course.right < inside().left() || course.left > inside().right())
            continue;
        QColor colour = m_scale ? QColor::fromRgb(m_scale->colour(m_data->ribbons[gap][r].colour)) : m_style.rest;
        if (isThin(gap, r)) {
            painter->setPen(QPen(colour, kHairline));
            painter->setBrush(Qt::NoBrush);
            painter->drawPath(middleOf(course));
            continue;
        }
        colour.setAlphaF(float(kOpacity));
        painter->setPen(Qt::NoPen);
        painter->setBrush(colour);
        painter->drawPath(pathOf(course));
    }
}

void RibbonsPlottable::drawRest(QCPPainter* painter, std::size_t column) const
{
    const double at = double(column), half = halfBlock();
    for (std::size_t b = 0; b < m_data->blocks[column].size(); ++b) {
        const double end = m_places->blocks[column][b] - m_data->blocks[column][b].size;
        const auto [in, out] = m_places->rest[column][b];
        if (column > 0)
            drawStub(painter, QRectF(pixel(at - half - kStub, in), pixel(at - half, end)).normalized());
        if (column + 1 < m_data->stages())
            drawStub(painter, QRectF(pixel(at + half, out), pixel(at + half + kStub, end)).normalized());
    }
}

void RibbonsPlottable::drawStub(QCPPainter* painter, const QRectF& whole) const
{
    const QRectF box = whole.intersected(inside());
    if (box.height() < kLeastStub)
        return;
    painter->fillRect(box, m_style.grid);
    if (box.height() < kHatch)
        return;
    QPainterPath hatching; // QCPPainter would round the ends of lines
    // Lines that rise to the right, cut at the edges of the box.
    for (double start = std::floor(box.top() / kHatch) * kHatch; start < box.bottom() + box.width(); start += kHatch) {
        const double low = std::min(start, box.bottom()), high = std::max(start - box.width(), box.top());
        if (low > high) {
            hatching.moveTo(box.left() + start - low, low);
            hatching.lineTo(box.left() + start - high, high);
        }
    }
    QPen pen(m_style.reference, m_style.axisLine / 2);
    pen.setCapStyle(Qt::FlatCap);
    painter->setPen(pen);
    painter->setBrush(Qt::NoBrush);
    painter->drawPath(hatching);
}

void RibbonsPlottable::drawBlocks(QCPPainter* painter, std::size_t column) const
{
    const std::size_t count = m_data->blocks[column].size();
    for (std::size_t b = 0; b < count; ++b) {
        const QRectF box = blockBox(column, b).intersected(inside());
        if (box.isEmpty())
            continue;
        painter->fillRect(box, m_style.axis);
        if (b > 0 && box.height() >= kSeparated) {
            const double line = std::min(0.5 * m_style.axisLine, box.height() / 4);
            painter->fillRect(QRectF(box.left(), box.top() - line / 2, box.width(), line), m_style.background);
        }
    }
}

void RibbonsPlottable::drawNames(QCPPainter* painter, std::size_t column) const
{
    const QFontMetricsF metrics(m_style.font);
    const double least = metrics.capHeight() + 1;
    painter->setFont(m_style.font); // all text of a figure has one size
    painter->setPen(m_style.background);
    for (std::size_t b = 0; b < m_data->blocks[column].size(); ++b) {
        const QRectF box = blockBox(column, b);
        const QString& name = m_data->blocks[column][b].name;
        if (box.height() < least || metrics.horizontalAdvance(name) > box.width() || !inside().contains(box.center()))
            continue;
        const QPointF start(
            box.center().x() - metrics.horizontalAdvance(name) / 2, box.center().y() + metrics.capHeight() / 2);
        painter->drawText(start, name);
    }
}

}
