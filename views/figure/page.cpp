// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/figure/page.h"

#include "views/paint/fonts.h"
#include "views/paint/plot_builder.h"

#include <qcustomplot.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace expertscope {

namespace {

constexpr double kGolden = 0.618;
constexpr double kFlattest = 0.4, kHighest = 0.95; ///< of the width, unless titles ask for more
constexpr double kHighestGrid = 1.3, kRow = 0.3; ///< the same of panels in more rows than columns, or so much a row
constexpr double kLeastText = 0.6; ///< of the width, that text and strips may take where they need it
constexpr double kFlattestText = 0.1; ///< the same of text and strips, of which there may be little
constexpr double kLine = 1.3; ///< of the font size, a row that a word names

/// Height of a panel of that width; rows that have words for names have a line each.
double wantedHeight(const Panel& panel, double width, double fontSize)
{
    const double across = double(panel.x.cells()), down = double(panel.y.cells());
    const bool cells = panel.x.scale == Axis::Scale::Cells && panel.y.scale == Axis::Scale::Cells && across > 0;
    const double lines = cells && !panel.y.words.empty() ? kLine * fontSize * down : 0;
    return std::max(lines, width * (cells ? down / across : kGolden));
}

/// All that is to be read of a picture that is shown; tokens too, of which the page draws boxes where a font lacks them.
QStringList textsOf(const PlotBuilder& builder, const Picture& picture)
{
    QStringList texts = builder.texts();
    for (const Panel& panel : picture.panels) {
        for (const Layer& layer : panel.layers) {
            if (const auto* words = std::get_if<WordsPtr>(&layer); words && *words)
                texts.append(QStringList((*words)->pieces.begin(), (*words)->pieces.end()));
        }
    }
    return texts;
}

/// How high a picture that is shown likes to be on a page of that width, mm.
Expected<double> naturalHeightMm(PlotBuilder& builder, const Picture& picture, const PageSpec& page)
{
    const double width = page.widthMm * kPointsPerMm;
    // What stands around the panels depends on the height a little: titles break.
    (void)builder.layOut({width, kHighest * width});
    const std::size_t columns = builder.columns(), rows = (picture.panels.size() + columns - 1) / columns;
    const double highest = width
        * std::min(
            std::max(kHighestGrid, kRow * double(rows)), kHighest * std::max(1.0, double(rows) / double(columns)));
    double height = highest;
    Expected<void> fits;
    const double flattest = builder.wantedHeight(0, width) ? kFlattestText : kFlattest;
    for (int round = 0; round < 3; ++round) {
        fits = builder.layOut({width, height});
        double inside = 0, wanted = 0;
        for (std::size_t i = 0; i < picture.panels.size(); ++i) {
            inside = std::max(inside, builder.areaOf(i).height());
            const double across = builder.areaOf(i).width();
            wanted = std::max(wanted,
                builder.wantedHeight(i, across).value_or(wantedHeight(picture.panels[i], across, page.fontSizePt)));
        }
        // Panels keep room beside a legend that takes much of it.
        const double around = height - double(rows) * inside;
        const double most = std::max(highest, around + (flattest < kFlattest ? kLeastText : kFlattest) * width);
        height = std::clamp(around + double(rows) * wanted, flattest * width, most);
    }
    const double limit = width * std::max(2.0, 2 * kRow * double(rows));
    for (fits = builder.layOut({width, height}); !fits && height < limit; fits = builder.layOut({width, height}))
        height += double(page.fontSizePt);
    ES_TRY(std::move(fits));
    return std::ceil(height / kPointsPerMm * 10) / 10;
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
    ES_ASSIGN(QFont font, figureFont(spec.families(), spec.fontSizePt, {}));
    std::unique_ptr<Page> page(new Page);
    page->m_plot = std::make_unique<QCustomPlot>();
    page->m_builder = std::make_unique<PlotBuilder>(*page->m_plot, paperStyle(font, maxRectangles, spec.dpi));
    page->m_builder->show(figure.picture);
    ES_ASSIGN(font, figureFont(spec.families(), spec.fontSizePt, page->m_builder->texts()));
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
    paintTo(painter, vector);
    painter.end();
    return {};
}

void Page::paint(QCPPainter& painter, const QPointF& corner)
{
    painter.save();
    painter.translate(corner);
    paintTo(painter, true);
    painter.restore();
}

void Page::paintTo(QCPPainter& painter, bool vector)
{
    painter.setRenderHint(QPainter::LosslessImageRendering);
    painter.setMode(QCPPainter::pmVectorized, vector);
    painter.setMode(QCPPainter::pmNoCaching);
    painter.setMode(QCPPainter::pmNonCosmetic);
    m_plot->toPainter(&painter, width(), height());
}

QRectF Page::areaOf(std::size_t panel) const
{
    return m_builder->areaOf(panel);
}

Expected<PageSpec> settledPage(const PicturePtr& picture, PageSpec page)
{
    QCustomPlot plot;
    std::optional<PlotBuilder> builder;
    const auto show = [&]() -> Expected<void> {
        ES_ASSIGN(const QFont font, figureFont(page.families(), page.fontSizePt, {}));
        builder.emplace(plot, paperStyle(font, 0, page.dpi));
        builder->show(picture);
        return {};
    };
    ES_TRY(show());
    const QStringList families = withFallbacks(page.families(), textsOf(*builder, *picture));
    if (families != page.families()) {
        page.fontFallbacks = families.mid(1);
        builder.reset(); // before another builds in the plot
        ES_TRY(show());
    }
    if (page.heightMm == 0) {
        ES_ASSIGN(page.heightMm, naturalHeightMm(*builder, *picture, page));
    }
    return page;
}

}
