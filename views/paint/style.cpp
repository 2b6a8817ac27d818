// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/style.h"

#include <cmath>

namespace expertscope {

namespace {

/// Okabe and Ito (2008), the ones that read best on white first; black, the eighth, is the text's.
const std::vector<QColor>& okabeIto()
{
    static const std::vector<QColor> colours{QColor(0x00, 0x72, 0xb2), QColor(0xd5, 0x5e, 0x00),
        QColor(0x00, 0x9e, 0x73), QColor(0xcc, 0x79, 0xa7), QColor(0xe6, 0x9f, 0x00), QColor(0x56, 0xb4, 0xe9)};
    return colours;
}

/// For areas; black, or white on dark, is the eighth.
void setCategories(Style& style)
{
    style.categories = okabeIto();
    style.categories.front() = style.series.front();
    style.categories.emplace_back(0xf0, 0xe4, 0x42);
    style.categories.push_back(style.text);
    style.rest = style.background.lightness() < 128 ? QColor(0x60, 0x60, 0x60) : QColor(0xd4, 0xd4, 0xd4);
}

QColor between(const QColor& a, const QColor& b, double share)
{
    const auto mix = [share](int x, int y) { return int(std::lround(x + share * (y - x))); };
    return {mix(a.red(), b.red()), mix(a.green(), b.green()), mix(a.blue(), b.blue())};
}

}

Style screenStyle(const ScreenColours& colours, const QFont& font)
{
    Style style;
    style.font = font;
    style.titleFont = font;
    style.titleFont.setBold(true);
    style.background = colours.background;
    style.text = colours.text;
    style.axis = colours.faintText;
    style.grid = colours.line;
    style.reference = colours.faintText;
    style.accent = colours.accent;
    style.halo = colours.background;
    style.series = okabeIto();
    if (colours.background.lightness() < 128)
        style.series.front() = QColor(0x3d, 0x7f, 0xe0); // the blue, light enough to be seen
    style.series.push_back(colours.text);
    setCategories(style);
    return style;
}

Style paperStyle(const QFont& font, std::size_t maxRectangles, int dpi)
{
    Style style;
    style.font = font;
    style.titleFont = font;
    style.axisLine = 0.5;
    style.tickLength = 2;
    style.curveLine = 1;
    style.dot = 2.5;
    style.gap = font.pixelSize();
    style.background = Qt::white;
    style.text = style.axis = Qt::black;
    style.grid = QColor(0xe0, 0xe0, 0xe0);
    style.reference = QColor(0x80, 0x80, 0x80);
    style.accent = okabeIto().front();
    style.halo = Qt::white;
    style.series = okabeIto();
    style.series.push_back(Qt::black);
    setCategories(style);
    style.gridLines = false;
    style.paper = true;
    style.maxRectangles = maxRectangles;
    style.dpi = dpi;
    return style;
}

SeriesPen seriesPen(const Style& style, int colour, bool dashed)
{
    static const std::vector<double> patterns[] = {{}, {4, 2}, {1, 1.5}, {4, 1.5, 1, 1.5}};
    if (colour < 0)
        return {style.reference, dashed ? patterns[1] : patterns[0]};
    const int size = int(style.series.size());
    if (colour < size)
        return {style.series[std::size_t(colour)], patterns[dashed ? 1 : 0]};
    constexpr double greys[] = {0.35, 0.6, 0.75};
    const int further = colour - size;
    return {between(style.text, style.background, greys[further % 3]), patterns[(further / 3 + (dashed ? 1 : 0)) % 4]};
}

QColor categoryColour(const Style& style, int category)
{
    return category < 0 || category >= int(style.categories.size()) ? style.rest
                                                                    : style.categories[std::size_t(category)];
}

}
