// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/layers/heat_map_plottable.h"

#include <cmath>
#include <cstring>

namespace expertscope {

namespace {

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

void HeatMapPlottable::show(const Layer& layer, const std::optional<ColourKey>& key)
{
    if (key)
        setData(std::get<HeatMapPtr>(layer), key->scale, key->reducer);
}

void HeatMapPlottable::setData(HeatMapPtr data, const ColourScale& scale, Reducer reducer)
{
    m_data = std::move(data);
    m_scale = scale;
    m_reducer = reducer;
}

void HeatMapPlottable::setStyle(const Style& style)
{
    m_maxRectangles = style.maxRectangles;
    m_maxDpi = style.dpi;
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
        drawRectangles(painter, *v, [this](std::size_t r, std::size_t c) { return cellColour(r, c); });
    else
        drawPaperImage(painter, *v);
    // An image on paper carries small marks itself.
    if (crossesFitInto(*v) || !paper || cells <= m_maxRectangles)
        drawMarks(painter, *v);
    painter->restore();
}

void HeatMapPlottable::drawPaperImage(QCPPainter* painter, const Visible& v) const
{
    const QSize pixels = paperPixels(v, m_maxDpi);
    const auto width = std::size_t(pixels.width()), height = std::size_t(pixels.height()); // reduced by name
    const auto values =
        m_data->values.render({double(v.column0), double(v.column1), double(v.row0), double(v.row1), width, height},
            m_reducer, m_data->centre, m_scale.kind == ScaleKind::Log2);
    const bool native = width == v.column1 - v.column0 && height == v.row1 - v.row0;
    const bool fillMarks = native && !crossesFitInto(v);
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
    const auto pixels = pixelsOf(*painter, v);
    if (!pixels)
        return;
    const auto values =
        m_data->values.render({pixels->left, pixels->right, pixels->top, pixels->bottom,
                                  std::size_t(pixels->size.width()), std::size_t(pixels->size.height())},
            m_reducer, m_data->centre, m_scale.kind == ScaleKind::Log2);
    QImage image(pixels->size, QImage::Format_RGB32);
    for (int y = 0; y < image.height(); ++y) {
        auto* line = reinterpret_cast<QRgb*>(image.scanLine(y));
        const auto width = std::size_t(image.width());
        const float* from = values.data() + std::size_t(y) * width;
        // A cell is many pixels, and a colour three logarithms: most are those of the pixel before, or above.
        if (y > 0 && std::memcmp(from, from - width, width * sizeof(float)) == 0) {
            std::memcpy(line, image.constScanLine(y - 1), width * sizeof(QRgb));
            continue;
        }
        for (std::size_t x = 0; x < width; ++x) {
            if (x > 0 && from[x] == from[x - 1])
                line[x] = line[x - 1];
            else
                line[x] = std::isnan(from[x]) ? kNoDataColour : m_scale.colour(from[x]);
        }
    }
    painter->drawImage(pixels->place, image);
}

bool HeatMapPlottable::crossesFitInto(const Visible& v)
{
    return std::min(v.area.width() / double(v.column1 - v.column0), v.area.height() / double(v.row1 - v.row0))
        >= kSmallestCross;
}

void HeatMapPlottable::drawMarks(QCPPainter* painter, const Visible& v) const
{
    if (m_data->marks.empty())
        return;
    const double w = v.area.width() / double(v.column1 - v.column0), h = v.area.height() / double(v.row1 - v.row0);
    const bool crosses = crossesFitInto(v);
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

}
