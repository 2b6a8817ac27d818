// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/layers/cells_plottable.h"

#include "views/paint/layers/heat_map_plottable.h"

#include <cmath>

namespace expertscope {

std::optional<LayerPlottable::Cell> CellsPlottable::markAt(const QPointF& position) const
{
    if (!mKeyAxis || !mValueAxis || !inside().contains(position))
        return {};
    const double column = std::floor(mKeyAxis->pixelToCoord(position.x()) + 0.5);
    const double row = std::floor(mValueAxis->pixelToCoord(position.y()) + 0.5);
    if (column < 0 || row < 0 || column >= double(columns()) || row >= double(rows()))
        return {};
    return Cell{std::size_t(row), std::size_t(column)};
}

QRectF CellsPlottable::placeOf(const Cell& cell) const
{
    if (cell.row >= rows() || cell.column >= columns())
        return {};
    const QPointF a = pixel(double(cell.column) - 0.5, double(cell.row) - 0.5);
    const QPointF b = pixel(double(cell.column) + 0.5, double(cell.row) + 0.5);
    return QRectF(a, b).normalized().intersected(inside());
}

std::optional<LayerPlottable::Span> CellsPlottable::spanOf(const Cell& cell) const
{
    return Span{
        {double(cell.column) - 0.5, double(cell.column) + 0.5}, {double(cell.row) - 0.5, double(cell.row) + 0.5}};
}

bool CellsPlottable::isReduced(double pixelRatio) const
{
    return mKeyAxis->range().size() > mKeyAxis->axisRect()->width() * pixelRatio
        || mValueAxis->range().size() > mValueAxis->axisRect()->height() * pixelRatio;
}

bool CellsPlottable::crossesFit() const
{
    return std::min(mKeyAxis->axisRect()->width() / mKeyAxis->range().size(),
               mValueAxis->axisRect()->height() / mValueAxis->range().size())
        >= kSmallestCross;
}

std::optional<CellsPlottable::Visible> CellsPlottable::visible() const
{
    if (rows() == 0 || columns() == 0 || !mKeyAxis || !mValueAxis)
        return {};
    const auto clip = [](const QCPRange& range, std::size_t cells) {
        const double first = std::clamp(std::floor(range.lower + 0.5), 0.0, double(cells));
        const double last = std::clamp(std::ceil(range.upper + 0.5), 0.0, double(cells));
        return std::pair{std::size_t(first), std::size_t(last)};
    };
    const auto [c0, c1] = clip(mKeyAxis->range(), columns());
    const auto [r0, r1] = clip(mValueAxis->range(), rows());
    if (c0 >= c1 || r0 >= r1)
        return {};
    const QPointF a = pixel(double(c0) - 0.5, double(r0) - 0.5), b = pixel(double(c1) - 0.5, double(r1) - 0.5);
    return Visible{r0, r1, c0, c1, QRectF(a, b).normalized()};
}

std::optional<CellsPlottable::Pixels> CellsPlottable::pixelsOf(const QCPPainter& painter, const Visible& v) const
{
    const QTransform toDevice = painter.deviceTransform();
    const QRectF area = toDevice.mapRect(v.area).intersected(toDevice.mapRect(inside()));
    const QRect device(QPoint(int(std::lround(area.left())), int(std::lround(area.top()))),
        QPoint(int(std::lround(area.right())) - 1, int(std::lround(area.bottom())) - 1));
    if (device.isEmpty())
        return {};
    const QRectF seen = toDevice.inverted().mapRect(area);
    return Pixels{device.size(), toDevice.inverted().mapRect(QRectF(device)), mKeyAxis->pixelToCoord(seen.left()) + 0.5,
        mKeyAxis->pixelToCoord(seen.right()) + 0.5, mValueAxis->pixelToCoord(seen.top()) + 0.5,
        mValueAxis->pixelToCoord(seen.bottom()) + 0.5};
}

QSize CellsPlottable::paperPixels(const Visible& v, int dpi)
{
    const auto pixels = [dpi](std::size_t cells, double points) {
        return int(std::min(cells, std::max<std::size_t>(1, std::size_t(std::ceil(points / 72 * dpi)))));
    };
    return {pixels(v.column1 - v.column0, v.area.width()), pixels(v.row1 - v.row0, v.area.height())};
}

}
