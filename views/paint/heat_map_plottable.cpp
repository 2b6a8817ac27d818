// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/heat_map_plottable.h"

#include <cmath>

namespace expertscope {

namespace {

/// Vector cells reach this far (points) into their right and lower neighbours: no viewer then shows hairlines.
constexpr double kOverlap = 0.35;

double luminance(QRgb c)
{
    return 0.2126 * qRed(c) + 0.7152 * qGreen(c) + 0.0722 * qBlue(c);
}

}

void drawMark(QPainter* painter, const QRectF& cell, QRgb under, double largest)
{
    const double side = std::min(std::min(cell.width(), cell.height()) * 0.5, largest);
    QRectF box(0, 0, side, side);
    box.moveCenter(cell.center());
    QPen pen(luminance(under) < 128 ? QColor(255, 255, 255) : QColor(0, 0, 0), std::clamp(side * 0.16, 0.3, 1.6));
    pen.setCapStyle(Qt::FlatCap);
    painter->setPen(pen);
    painter->drawLine(box.topLeft(), box.bottomRight());
    painter->drawLine(box.bottomLeft(), box.topRight());
}

HeatMapPlottable::HeatMapPlottable(QCPAxis* keyAxis, QCPAxis* valueAxis)
    : QCPAbstractPlottable(keyAxis, valueAxis)
{
    setSelectable(QCP::stNone);
}

void HeatMapPlottable::setData(HeatMapPtr data, const ColourScale& scale, Reducer reducer)
{
    m_data = std::move(data);
    m_scale = scale;
    m_reducer = reducer;
}

void HeatMapPlottable::setPaper(std::size_t maxRectangles, int maxDpi)
{
    m_maxRectangles = maxRectangles;
    m_maxDpi = maxDpi;
}

std::optional<std::pair<std::size_t, std::size_t>> HeatMapPlottable::cellAt(const QPointF& position) const
{
    if (!m_data || !mKeyAxis || !mValueAxis || !cellClip().contains(position))
        return {};
    const double column = std::floor(mKeyAxis->pixelToCoord(position.x()) + 0.5);
    const double row = std::floor(mValueAxis->pixelToCoord(position.y()) + 0.5);
    if (column < 0 || row < 0 || column >= double(m_data->columns()) || row >= double(m_data->rows()))
        return {};
    return std::pair{std::size_t(row), std::size_t(column)};
}

double HeatMapPlottable::selectTest(const QPointF&, bool, QVariant*) const
{
    return -1;
}

QCPRange HeatMapPlottable::getKeyRange(bool& found, QCP::SignDomain) const
{
    found = m_data && m_data->columns() > 0;
    return found ? QCPRange(-0.5, double(m_data->columns()) - 0.5) : QCPRange();
}

QCPRange HeatMapPlottable::getValueRange(bool& found, QCP::SignDomain, const QCPRange&) const
{
    found = m_data && m_data->rows() > 0;
    return found ? QCPRange(-0.5, double(m_data->rows()) - 0.5) : QCPRange();
}

QRectF HeatMapPlottable::cellClip() const
{
    // QCustomPlot's vertical coordinates end one unit above the axis rectangle, and so do its frame and its clipping.
    return QRectF(clipRect()).translated(0, -1);
}

std::optional<HeatMapPlottable::Visible> HeatMapPlottable::visible() const
{
    if (!m_data || m_data->rows() == 0 || m_data->columns() == 0 || !mKeyAxis || !mValueAxis)
        return {};
    const auto clip = [](const QCPRange& range, std::size_t cells) {
        const double first = std::clamp(std::floor(range.lower + 0.5), 0.0, double(cells));
        const double last = std::clamp(std::ceil(range.upper + 0.5), 0.0, double(cells));
        return std::pair{std::size_t(first), std::size_t(last)};
    };
    const auto [c0, c1] = clip(mKeyAxis->range(), m_data->columns());
    const auto [r0, r1] = clip(mValueAxis->range(), m_data->rows());
    if (c0 >= c1 || r0 >= r1)
        return {};
    const QPointF a(mKeyAxis->coordToPixel(double(c0) - 0.5), mValueAxis->coordToPixel(double(r0) - 0.5));
    const QPointF b(mKeyAxis->coordToPixel(double(c1) - 0.5), mValueAxis->coordToPixel(double(r1) - 0.5));
    return Visible{r0, r1, c0, c1, QRectF(a, b).normalized()};
}

QRgb HeatMapPlottable::cellColour(std::size_t row, std::size_t column) const
{
    const float v = m_data->values.at(row, column);
    return std::isnan(v) ? kNoDataColour : m_scale.colour(v);
}

void HeatMapPlottable::draw(QCPPainter* painter)
{
    const auto v = visible();
    if (!v)
        return;
    painter->save();
    // QCustomPlot moves everything by half a unit where it smooths: cells stay where their axes say.
    painter->setAntialiasing(false);
    painter->setRenderHint(QPainter::SmoothPixmapTransform, false);
    const bool paper = painter->modes().testFlag(QCPPainter::pmVectorized);
    const std::size_t cells = (v->row1 - v->row0) * (v->column1 - v->column0);
    if (!paper)
        drawPixels(painter, *v);
    else if (cells <= m_maxRectangles)
        drawRectangles(painter, *v);
    else
        drawPaperImage(painter, *v);
    // An image on paper carries small marks itself.
    if (crossesFit(*v) || !paper || cells <= m_maxRectangles)
        drawMarks(painter, *v);
    painter->restore();
}

void HeatMapPlottable::drawRectangles(QCPPainter* painter, const Visible& v) const
{
    painter->setPen(Qt::NoPen);
    const double w = v.area.width() / double(v.column1 - v.column0), h = v.area.height() / double(v.row1 - v.row0);
    for (std::size_t r = v.row0; r < v.row1; ++r) {
        const double top = v.area.top() + double(r - v.row0) * h;
        const double bottom = std::min(top + h + kOverlap, v.area.bottom());
        for (std::size_t c = v.column0; c < v.column1;) {
            const QRgb colour = cellColour(r, c);
            const std::size_t first = c;
            while (c < v.column1 && cellColour(r, c) == colour)
                ++c; // neighbours of one colour are one rectangle
            const double left = v.area.left() + double(first - v.column0) * w;
            const double right = std::min(v.area.left() + double(c - v.column0) * w + kOverlap, v.area.right());
            painter->setBrush(QColor::fromRgb(colour));
            painter->drawRect(QRectF(QPointF(left, top), QPointF(right, bottom)));
        }
    }
}

void HeatMapPlottable::drawPaperImage(QCPPainter* painter, const Visible& v) const
{
    // One pixel a cell where that many can be printed, else as many as asked for, reduced by name.
    const auto pixels = [this](std::size_t cells, double points) {
        return std::min(cells, std::max<std::size_t>(1, std::size_t(std::ceil(points / 72 * m_maxDpi))));
    };
    const std::size_t width = pixels(v.column1 - v.column0, v.area.width());
    const std::size_t height = pixels(v.row1 - v.row0, v.area.height());
    const auto values =
        m_data->values.render({double(v.column0), double(v.column1), double(v.row0), double(v.row1), width, height},
            m_reducer, m_data->centre, m_scale.kind == ScaleKind::Log2);
    const bool native = width == v.column1 - v.column0 && height == v.row1 - v.row0;
    const bool fillMarks = native && !crossesFit(v);
    QImage image(int(width), int(height), QImage::Format_RGB32);
    for (std::size_t y = 0; y < height; ++y) {
        auto* line = reinterpret_cast<QRgb*>(image.scanLine(int(y)));
        for (std::size_t x = 0; x < width; ++x) {
            const float value = values[y * width + x];
            line[x] = std::isnan(value) ? kNoDataColour : m_scale.colour(value);
            if (fillMarks && m_data->marked(v.row0 + y, v.column0 + x))
                line[x] = kMarkColour;
        }
    }
    painter->drawImage(v.area, image);
}

void HeatMapPlottable::drawPixels(QCPPainter* painter, const Visible& v) const
{
    // The device's own pixels, each of which reduces the cells it covers. All cells in sight are shared out among the
    // whole pixels inside the frame: none is lost in half a pixel at an edge.
    const QTransform toDevice = painter->deviceTransform();
    const QRectF clip = toDevice.mapRect(cellClip());
    const QRectF area = toDevice.mapRect(v.area).intersected(clip);
    const QRect device(QPoint(int(std::lround(area.left())), int(std::lround(area.top()))),
        QPoint(int(std::lround(area.right())) - 1, int(std::lround(area.bottom())) - 1));
    if (device.isEmpty())
        return;
    const QRectF seen = toDevice.inverted().mapRect(area), back = toDevice.inverted().mapRect(QRectF(device));
    const auto values = m_data->values.render(
        {mKeyAxis->pixelToCoord(seen.left()) + 0.5, mKeyAxis->pixelToCoord(seen.right()) + 0.5,
            mValueAxis->pixelToCoord(seen.top()) + 0.5, mValueAxis->pixelToCoord(seen.bottom()) + 0.5,
            std::size_t(device.width()), std::size_t(device.height())},
        m_reducer, m_data->centre, m_scale.kind == ScaleKind::Log2);
    QImage image(device.size(), QImage::Format_RGB32);
    for (int y = 0; y < device.height(); ++y) {
        auto* line = reinterpret_cast<QRgb*>(image.scanLine(y));
        const float* from = values.data() + std::size_t(y) * std::size_t(device.width());
        for (int x = 0; x < device.width(); ++x)
            line[x] = std::isnan(from[x]) ? kNoDataColour : m_scale.colour(from[x]);
    }
    painter->drawImage(back, image);
}

bool HeatMapPlottable::crossesFit(const Visible& v)
{
    return std::min(v.area.width() / double(v.column1 - v.column0), v.area.height() / double(v.row1 - v.row0))
        >= kSmallestCross;
}

void HeatMapPlottable::drawMarks(QCPPainter* painter, const Visible& v) const
{
    if (m_data->marks.empty())
        return;
    const double w = v.area.width() / double(v.column1 - v.column0), h = v.area.height() / double(v.row1 - v.row0);
    const bool crosses = crossesFit(v);
    const double largest = painter->modes().testFlag(QCPPainter::pmNoCaching) ? kPaperMark : kScreenMark;
    if (!crosses && std::min(w, h) < 0.25)
        return; // smaller than anything that can be seen; the note under the figure counts them
    painter->setRenderHint(QPainter::Antialiasing, crosses);
    for (std::size_t r = v.row0; r < v.row1; ++r) {
        for (std::size_t c = v.column0; c < v.column1; ++c) {
            if (!m_data->marked(r, c))
                continue;
            const QRectF cell(v.area.left() + double(c - v.column0) * w, v.area.top() + double(r - v.row0) * h, w, h);
            if (crosses)
                drawMark(painter, cell, cellColour(r, c), largest);
            else
                painter->fillRect(cell, QColor::fromRgb(kMarkColour));
        }
    }
}

void HeatMapPlottable::drawLegendIcon(QCPPainter*, const QRectF&) const { }

}
