// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/style.h"

namespace expertscope {

namespace {

/// Okabe and Ito (2008), the ones that read best on white first; black, the eighth, is the text's.
const std::vector<QColor>& okabeIto()
{
    static const std::vector<QColor> colours{QColor(0x00, 0x72, 0xb2), QColor(0xd5, 0x5e, 0x00),
        QColor(0x00, 0x9e, 0x73), QColor(0xcc, 0x79, 0xa7), QColor(0xe6, 0x9f, 0x00), QColor(0x56, 0xb4, 0xe9)};
    return colours;
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
        style.series.front() = QColor(0x4a, 0xa8, 0xe8); // the blue, light enough to be seen
    style.series.push_back(colours.text);
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
    return {style.series[std::size_t(colour % size)], patterns[(colour / size + (dashed ? 1 : 0)) % 4]};
}

}
