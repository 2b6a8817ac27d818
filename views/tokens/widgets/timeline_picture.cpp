// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/tokens/widgets/timeline_picture.h"

#include "views/charts/wording.h"
#include "views/paint/axis_ticks.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace expertscope {

QRgb timelineColour(int category, const Style& style)
{
    if (category == Strips::kNone)
        return style.background.rgb();
    return (category == Strips::kMixed ? style.reference : categoryColour(style, category)).rgb();
}

QImage timelineImage(const Strips& strips, double from, double to, const QSize& pixels, const Style& style)
{
    const auto width = std::size_t(pixels.width());
    const std::vector<int> categories =
        strips.render({from, to, 0, double(strips.rows()), width, std::size_t(pixels.height())});
    std::array<QRgb, 16> colours{};
    for (int category = Strips::kNone; category < 8; ++category)
        colours[std::size_t(category - Strips::kNone)] = timelineColour(category, style);
    QImage image(pixels, QImage::Format_RGB32);
    for (int y = 0; y < pixels.height(); ++y) {
        auto* line = reinterpret_cast<QRgb*>(image.scanLine(y));
        for (std::size_t x = 0; x < width; ++x)
            line[x] = colours[std::size_t(categories[std::size_t(y) * width + x] - Strips::kNone)];
    }
    return image;
}

void drawTimelineAxes(QPainter& painter, const TimelineRaster& raster, const RoutingShape& shape, const QRectF& plot,
    double from, double to, const Style& style)
{
    const QFontMetricsF metrics(style.font);
    painter.setPen(style.axis);
    const double row = plot.height() / double(raster.rows());
    const auto every = std::max<std::size_t>(std::size_t(std::ceil(metrics.height() / row)), 1);
    for (std::size_t r = 0; r < raster.rows(); r += every) {
        const int name = raster.experts ? int(r) : int(shape.sites[r].layer);
        painter.drawText(QRectF(0, plot.top() + double(r) * row, plot.left() - 6, row).adjusted(0, -8, 0, 8),
            Qt::AlignRight | Qt::AlignVCenter, QString::number(name));
    }
    // Positions in the sequence.
    const double first =
        double(raster.range.begin.value) - double(shape.sequences[std::size_t(raster.sequence)].begin.value);
    const int most = std::max(2, int(plot.width() / (metrics.horizontalAdvance("0,000,000") + 20)));
    for (const Tick& tick : numberTicks(Axis::Scale::Linear, true, first + from, first + to - 1, most)) {
        const double x = plot.left() + (tick.position - first + 0.5 - from) / (to - from) * plot.width();
        if (x < plot.left() || x > plot.right())
            continue;
        const QString label = countText(std::uint64_t(std::max(tick.position, 0.0)));
        const double wide = metrics.horizontalAdvance(label);
        painter.drawLine(QPointF(x, plot.bottom()), QPointF(x, plot.bottom() + 3));
        painter.drawText(
            QPointF(std::clamp(x - wide / 2, plot.left(), plot.right() - wide), plot.bottom() + 4 + metrics.ascent()),
            label);
    }
}

}
