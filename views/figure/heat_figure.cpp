// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/figure/heat_figure.h"

#include "views/paint/axis_ticks.h"
#include "views/paint/fonts.h"
#include "views/paint/heat_map_plottable.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

constexpr double kLine = 0.5; ///< pt: ticks, and what is seen of frames

void styleAxis(QCPAxis* axis, const QFont& font, bool ticks)
{
    const QPen pen(Qt::black, kLine, Qt::SolidLine, Qt::SquareCap, Qt::MiterJoin);
    axis->setVisible(true);
    axis->setTickPen(pen);
    // Cells are painted over the inner half of the frame: none of them hides under it.
    axis->setBasePen(QPen(Qt::black, 2 * kLine, Qt::SolidLine, Qt::SquareCap, Qt::MiterJoin));
    axis->setSubTicks(false);
    axis->setTicks(ticks);
    axis->setTickLabels(ticks);
    axis->setTickLength(0, ticks ? 2 : 0);
    axis->setTickLabelFont(font);
    axis->setLabelFont(font);
    axis->setTickLabelColor(Qt::black);
    axis->setLabelColor(Qt::black);
    axis->setTickLabelPadding(2);
    axis->setLabelPadding(axis->axisType() == QCPAxis::atBottom ? 0 : 2);
    axis->setPadding(0);
    axis->grid()->setVisible(false);
}

void setTicks(QCPAxis* axis, const std::vector<Tick>& ticks)
{
    QSharedPointer<QCPAxisTickerText> ticker(new QCPAxisTickerText);
    for (const auto& t : ticks)
        ticker->addTick(t.position, t.label);
    axis->setTicker(ticker);
}

std::pair<float, float> valueRange(const HeatMap& map)
{
    const auto s = map.values.summarise(0, map.rows(), 0, map.columns());
    return {s.min, s.max};
}

std::vector<Tick> barTicks(const Figure& figure, double lengthPt)
{
    const auto [least, largest] = valueRange(*figure.map);
    const int most = std::clamp(int(lengthPt / (1.6 * figure.spec.fontSizePt)), 2, 9);
    const double slack = 1e-6 * std::abs(figure.scale.high);
    return scaleTicks(figure.scale, most, least<figure.scale.low - slack, largest> figure.scale.high + slack);
}

}

/// `words` in lines of at most `length`; none when a word is longer.
static QStringList fillLines(const QStringList& words, const QFontMetricsF& metrics, double length)
{
    QStringList lines;
    for (const QString& word : words) {
        if (metrics.horizontalAdvance(word) > length)
            return {};
        if (!lines.isEmpty() && metrics.horizontalAdvance(lines.last() + ' ' + word) <= length)
            lines.last() += ' ' + word;
        else
            lines << word;
    }
    return lines;
}

/// Breaks a label at its blanks into as few lines as fit `length`, of about the same width.
static Expected<QString> wrapLabel(const QString& label, const QFont& font, double length)
{
    const QFontMetricsF metrics(font);
    const QStringList words = label.split(' ', Qt::SkipEmptyParts);
    QStringList lines = fillLines(words, metrics, length);
    if (!words.isEmpty() && (lines.isEmpty() || lines.size() > 4))
        return fail("does not fit the figure", "label '" + label.toStdString() + "'",
            "a larger figure, a smaller font or another text");
    for (double shorter = length; shorter > 0; --shorter) {
        const QStringList narrower = fillLines(words, metrics, shorter);
        if (narrower.isEmpty() || narrower.size() > lines.size())
            break;
        lines = narrower;
    }
    return lines.join('\n');
}

QStringList figureTexts(const Figure& figure)
{
    QStringList texts{figure.spec.xTitle, figure.spec.yTitle, figure.spec.valueTitle, figure.spec.title,
        figure.map->markTitle, "0123456789/."};
    for (const auto& t : barTicks(figure, 500))
        texts << t.label;
    return texts;
}

Expected<std::unique_ptr<HeatFigure>> HeatFigure::create(const Figure& figure, std::size_t maxRectangles)
{
    ES_ASSIGN(const QFont font, figureFont(figure.spec.fontFamily, figure.spec.fontSizePt, figureTexts(figure)));
    // What is left for a label beside the map, and under it: the page less ticks, their labels and margins.
    const double height =
        figure.spec.heightMm * kPointsPerMm - figure.spec.fontSizePt * (figure.spec.title.isEmpty() ? 4.2 : 5.8);
    const double width = figure.spec.widthMm * kPointsPerMm - 8.0 * figure.spec.fontSizePt;
    if (height < 2.0 * figure.spec.fontSizePt || width < 2.0 * figure.spec.fontSizePt)
        return fail("leaves no room for the map at this font size", "figure size", "a larger figure or a smaller font");
    Figure fitted = figure;
    ES_ASSIGN(fitted.spec.xTitle, wrapLabel(figure.spec.xTitle, font, width));
    ES_ASSIGN(fitted.spec.yTitle, wrapLabel(figure.spec.yTitle, font, height));
    ES_ASSIGN(fitted.spec.valueTitle, wrapLabel(figure.spec.valueTitle, font, height));
    ES_ASSIGN(fitted.spec.title, wrapLabel(figure.spec.title, font, width));
    return std::unique_ptr<HeatFigure>(new HeatFigure(std::move(fitted), font, maxRectangles));
}

HeatFigure::HeatFigure(Figure fitted, const QFont& font, std::size_t maxRectangles)
    : m_figure(std::move(fitted))
    , m_font(font)
    , m_width(int(std::floor(m_figure.spec.widthMm * kPointsPerMm)))
    , m_height(int(std::floor(m_figure.spec.heightMm * kPointsPerMm)))
    , m_plot(std::make_unique<QCustomPlot>())
{
    m_plot->setLocale(QLocale::c());
    m_plot->setBackground(QBrush(Qt::white));
    m_plot->setViewport(QRect(0, 0, m_width, m_height));
    m_plot->plotLayout()->clear();
    m_plot->plotLayout()->setColumnSpacing(m_figure.spec.fontSizePt);
    m_plot->plotLayout()->setRowSpacing(2);
    m_plot->moveLayer(m_plot->layer("axes"), m_plot->layer("main"), QCustomPlot::limBelow);
    buildMap(font, maxRectangles);
    buildBar(font);
    if (!m_figure.spec.title.isEmpty()) {
        m_plot->plotLayout()->insertRow(0);
        auto* title = new QCPTextElement(m_plot.get(), m_figure.spec.title, font);
        title->setMargins(QMargins(0, 1, 0, 1));
        m_plot->plotLayout()->addElement(0, 0, title);
    }
}

HeatFigure::~HeatFigure() = default;

void HeatFigure::buildMap(const QFont& font, std::size_t maxRectangles)
{
    auto* rect = new QCPAxisRect(m_plot.get(), true);
    m_plot->plotLayout()->addElement(0, 0, rect);
    rect->setMinimumMargins(QMargins(2, m_figure.spec.fontSizePt * 2 / 3 + 1, 0, 1));
    for (QCPAxis* axis : rect->axes())
        styleAxis(axis, font, axis == rect->axis(QCPAxis::atLeft) || axis == rect->axis(QCPAxis::atBottom));
    QCPAxis* const x = rect->axis(QCPAxis::atBottom);
    QCPAxis* const y = rect->axis(QCPAxis::atLeft);
    x->setLabel(m_figure.spec.xTitle);
    y->setLabel(m_figure.spec.yTitle);
    y->setRangeReversed(true);
    const HeatMap& map = *m_figure.map;
    x->setRange(-0.5, double(map.columns()) - 0.5);
    y->setRange(-0.5, double(map.rows()) - 0.5);
    rect->axis(QCPAxis::atTop)->setRange(x->range());
    rect->axis(QCPAxis::atRight)->setRange(y->range());
    m_map = new HeatMapPlottable(x, y);
    m_map->setData(m_figure.map, m_figure.scale, m_figure.spec.reducer.value_or(Reducer::Max));
    m_map->setPaper(maxRectangles, m_figure.spec.dpi);
    const int size = m_figure.spec.fontSizePt;
    const int digits = map.columnNames.empty() ? 1 : int(QString::number(map.columnNames.back()).size());
    setTicks(
        x, cellTicks(map.columnNames, 0, double(map.columns()), int(m_width * 0.75 / (size * (0.6 * digits + 1.2)))));
    setTicks(y, cellTicks(map.rowNames, 0, double(map.rows()), int((m_height - 4 * size) / (1.3 * size))));
}

void HeatFigure::buildBar(const QFont& font)
{
    auto* rect = new QCPAxisRect(m_plot.get(), false);
    rect->setSizeConstraintRect(QCPLayoutElement::scrInnerRect);
    const int width = std::max(5, m_figure.spec.fontSizePt - 1);
    rect->setMinimumSize(width, 10);
    rect->setMaximumSize(width, QWIDGETSIZE_MAX);
    m_plot->plotLayout()->addElement(0, 1, rect);
    auto* group = new QCPMarginGroup(m_plot.get());
    rect->setMarginGroup(QCP::msTop | QCP::msBottom, group);
    m_plot->axisRect(0)->setMarginGroup(QCP::msTop | QCP::msBottom, group);
    rect->setMinimumMargins(QMargins(0, m_figure.spec.fontSizePt * 2 / 3 + 1, 2, 1));
    QCPAxis* const value = rect->addAxis(QCPAxis::atRight);
    QCPAxis* const key = rect->addAxis(QCPAxis::atBottom);
    QCPAxis* const left = rect->addAxis(QCPAxis::atLeft);
    QCPAxis* const top = rect->addAxis(QCPAxis::atTop);
    for (QCPAxis* axis : {value, key, left, top}) {
        styleAxis(axis, font, axis == value);
        axis->setLayer("axes");
    }
    value->setLabel(m_figure.spec.valueTitle);
    value->setRangeReversed(true);
    value->setRange(-0.5, 255.5);
    key->setRange(-0.5, 0.5);
    std::vector<Tick> ticks = barTicks(m_figure, m_height - 4.0 * m_figure.spec.fontSizePt);
    for (Tick& t : ticks)
        t.position = (1 - t.position) * 256 - 0.5;
    setTicks(value, ticks);
    auto* bar = new HeatMapPlottable(key, value);
    bar->setData(colourBarMap(m_figure.scale), m_figure.scale, Reducer::Mean);
    bar->setPaper(256, m_figure.spec.dpi);
}

QRectF HeatFigure::cellArea() const
{
    const HeatMap& map = *m_figure.map;
    const QPointF from(m_map->keyAxis()->coordToPixel(-0.5), m_map->valueAxis()->coordToPixel(-0.5));
    const QPointF to(m_map->keyAxis()->coordToPixel(double(map.columns()) - 0.5),
        m_map->valueAxis()->coordToPixel(double(map.rows()) - 0.5));
    return QRectF(from, to);
}

Expected<void> HeatFigure::paint(QPaintDevice* device, double unitsPerPoint, bool vector)
{
    QCPPainter painter;
    if (!painter.begin(device))
        return fail("Qt cannot paint to this kind of file here", "figure");
    painter.scale(unitsPerPoint, unitsPerPoint);
    painter.setRenderHint(QPainter::LosslessImageRendering);
    painter.setMode(QCPPainter::pmVectorized, vector);
    painter.setMode(QCPPainter::pmNoCaching);
    painter.setMode(QCPPainter::pmNonCosmetic);
    m_plot->toPainter(&painter, m_width, m_height);
    paintNote(&painter, m_font);
    painter.end();
    return {};
}

void HeatFigure::paintNote(QCPPainter* painter, const QFont& font)
{
    const std::size_t count = m_figure.map->markCount();
    if (count == 0)
        return;
    // Under the map's right corner, on the line of the axis title, where nothing else is.
    const QString text = m_figure.map->markTitle + ": " + QString::number(count);
    const QRectF area = cellArea();
    const QFontMetricsF metrics(font);
    const double width = metrics.horizontalAdvance(text);
    const double size = m_figure.spec.fontSizePt;
    const QRectF box(area.right() - width - 1, m_height - 1 - metrics.height(), width + 1, metrics.height());
    painter->setFont(font);
    painter->setPen(QPen(Qt::black));
    painter->drawText(box, Qt::AlignRight | Qt::AlignVCenter | Qt::TextDontClip, text);
    const QRectF sign(box.left() - size * 1.2, box.center().y() - size / 2, size, size);
    const QRectF cell(
        0, 0, area.width() / double(m_figure.map->columns()), area.height() / double(m_figure.map->rows()));
    if (std::min(cell.width(), cell.height()) >= kSmallestCross) {
        painter->setAntialiasing(true);
        drawMark(painter, sign, 0xffffffff, kPaperMark);
    } else {
        painter->fillRect(sign.adjusted(size / 4, size / 4, -size / 4, -size / 4), QColor::fromRgb(kMarkColour));
    }
}

}
