// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/figure/page.h"

#include "views/paint/fonts.h"
#include "views/paint/label_lines.h"
#include "views/paint/plot_builder.h"

#include <qcustomplot.h>

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

constexpr double kGolden = 0.618;

/// Length on which a title fits in so few lines.
double lengthFor(const QString& title, const QFont& font, int lines)
{
    double length = 2.0 * font.pixelSize();
    while (length < 2000 && !labelLines(title, font, length, lines))
        length += 1;
    return length;
}

}

Page::Page() = default;
Page::~Page()
{
    m_builder.reset(); // before the plot that it builds in
}

Expected<std::unique_ptr<Page>> Page::create(const Figure& figure, std::size_t maxRectangles)
{
    const PageSpec& spec = figure.spec.page;
    ES_ASSIGN(QFont font, figureFont(spec.fontFamily, spec.fontSizePt, {}));
    std::unique_ptr<Page> page(new Page);
    page->m_plot = std::make_unique<QCustomPlot>();
    page->m_builder =
        std::make_unique<PlotBuilder>(*page->m_plot, paperStyle(font, maxRectangles, spec.dpi));
    page->m_builder->show(figure.picture);
    ES_ASSIGN(font, figureFont(spec.fontFamily, spec.fontSizePt, page->m_builder->texts()));
    ES_TRY(page->m_builder->layOut({spec.widthMm * kPointsPerMm, spec.heightMm * kPointsPerMm}));
    return page;
}

int Page::width() const
{
    return m_plot->viewport().width();
}

int Page::height() const
{
    return m_plot->viewport().height();
}

Expected<void> Page::paint(QPaintDevice* device, double unitsPerPoint, bool vector)
{
    QCPPainter painter;
    if (!painter.begin(device))
        return fail("Qt cannot paint to this kind of file here", "figure");
    painter.scale(unitsPerPoint, unitsPerPoint);
    painter.setRenderHint(QPainter::LosslessImageRendering);
    painter.setMode(QCPPainter::pmVectorized, vector);
    painter.setMode(QCPPainter::pmNoCaching);
    painter.setMode(QCPPainter::pmNonCosmetic);
    m_plot->toPainter(&painter, width(), height());
    painter.end();
    return {};
}

QRectF Page::areaOf(std::size_t panel) const
{
    return m_builder->areaOf(panel);
}

double naturalHeightMm(const Picture& picture, const PageSpec& page)
{
    const double width = page.widthMm * kPointsPerMm, size = page.fontSizePt;
    const std::size_t columns = std::clamp<std::size_t>(picture.columns, 1, std::max<std::size_t>(1, picture.panels.size()));
    const std::size_t rows = (picture.panels.size() + columns - 1) / columns;
    double height = 0; // of a row of panels
    for (const Panel& panel : picture.panels) {
        const double across = double(panel.x.names.size()), down = double(panel.y.names.size());
        const double own = width / double(columns);
        if (panel.x.scale == Axis::Scale::Cells && panel.y.scale == Axis::Scale::Cells && across > 0)
            height = std::max(height, std::clamp(0.78 * own * down / across + 1.4 * size, 0.4 * own, 0.9 * own));
        else
            height = std::max(height, kGolden * own);
    }
    height *= double(rows);
    // Titles beside the picture in at most three lines, and what stands above and below it.
    if (const auto font = figureFont(page.fontFamily, page.fontSizePt, {})) {
        const double around = 4.2 * size;
        if (picture.key)
            height = std::max(height, lengthFor(picture.key->title, *font, 3) + around);
        for (const Panel& panel : picture.panels)
            height = std::max(height, double(rows) * (lengthFor(panel.y.title, *font, 3) + around));
    }
    if (!picture.title.isEmpty())
        height += 1.6 * size;
    return std::round(height / kPointsPerMm * 10) / 10;
}

}
