// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/layers/strips_plottable.h"

namespace expertscope {

QString StripsPlottable::note() const
{
    return isReduced(mParentPlot->bufferDevicePixelRatio() * (m_style.paper ? m_style.dpi / 72.0 : 1))
        ? QString("several cells a pixel: the colour that most of them have, darker grey where none has half of them")
        : QString();
}

std::optional<double> StripsPlottable::wantedHeight(double) const
{
    return 1.2 * QFontMetricsF(m_style.font).height() * double(rows());
}

QRgb StripsPlottable::colour(int category) const
{
    if (category == Strips::kNone)
        return m_style.background.rgb();
    return (category == Strips::kMixed ? m_style.reference : categoryColour(m_style, category)).rgb();
}

QImage StripsPlottable::image(const Pyramid::View& view) const
{
    const std::vector<int> categories = m_data->render(view);
    QImage image(int(view.width), int(view.height), QImage::Format_RGB32);
    for (std::size_t y = 0; y < view.height; ++y) {
        auto* line = reinterpret_cast<QRgb*>(image.scanLine(int(y)));
        for (std::size_t x = 0; x < view.width; ++x)
            line[x] = colour(categories[y * view.width + x]);
    }
    return image;
}

void StripsPlottable::draw(QCPPainter* painter)
{
    const auto v = visible();
    if (!v)
        return;
    painter->save();
    painter->setAntialiasing(false);
    painter->setRenderHint(QPainter::SmoothPixmapTransform, false);
    if (!painter->modes().testFlag(QCPPainter::pmVectorized)) {
        if (const auto p = pixelsOf(*painter, *v))
            painter->drawImage(p->place,
                image({p->left, p->right, p->top, p->bottom, std::size_t(p->size.width()),
                    std::size_t(p->size.height())}));
    } else if ((v->row1 - v->row0) * (v->column1 - v->column0) <= m_style.maxRectangles) {
        drawRectangles(painter, *v, [this](std::size_t r, std::size_t c) { return colour(m_data->colourOf(r, c)); });
    } else {
        const QSize size = paperPixels(*v, m_style.dpi);
        painter->drawImage(v->area,
            image({double(v->column0), double(v->column1), double(v->row0), double(v->row1), std::size_t(size.width()),
                std::size_t(size.height())}));
    }
    painter->restore();
}

}
