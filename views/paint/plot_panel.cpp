// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/plot_panel.h"

#include "views/paint/colour_bar.h"
#include "views/paint/label_lines.h"
#include "views/paint/layers/layer_plottable.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

using Range = PlotView::Range;

constexpr int kLeast = 20; ///< side of a panel
constexpr double kClosest = 1e-4; ///< part of the data that can be zoomed to

bool isLog(const Axis& axis)
{
    return axis.scale == Axis::Scale::Log2 || axis.scale == Axis::Scale::Log10;
}

Extent extentOf(const Panel& panel, bool isX)
{
    Extent extent{isLog(isX ? panel.x : panel.y)};
    for (const Layer& layer : panel.layers)
        extend(extent, layer, isX);
    return extent;
}

Range fullRange(const Panel& panel, const Axis& axis, bool isX)
{
    if (axis.scale == Axis::Scale::None)
        return {0, 1};
    if (axis.low < axis.high)
        return {axis.low, axis.high};
    if (axis.scale == Axis::Scale::Cells)
        return {-0.5, std::max<double>(double(axis.cells()), 1) - 0.5};
    const auto [positive, grounded, least, largest] = extentOf(panel, isX);
    if (isX && !isLog(axis) && !grounded && least < largest) { // points at the ends stand free of the frame
        const double room = axis.whole ? std::min(0.5, 0.04 * (largest - least)) : 0.03 * (largest - least);
        return {least - room, largest + room};
    }
    const auto [low, high] = roundRange(axis.scale, least, largest);
    return {low, high};
}

/// First and last of the whole numbers that a horizontal axis is about; none: it is not, or they are not known.
std::optional<std::pair<int, int>> wholeEnds(const Panel& panel)
{
    const Axis& axis = panel.x;
    if (!axis.whole || axis.scale != Axis::Scale::Linear || axis.low < axis.high)
        return {};
    const Extent extent = extentOf(panel, true);
    const auto isWhole = [](double v) { return std::abs(v) < 1e6 && v == std::round(v); };
    if (!(extent.least < extent.largest) || !isWhole(extent.least) || !isWhole(extent.largest))
        return {};
    return std::pair(int(extent.least), int(extent.largest));
}

bool sameShape(const Axis& a, const Axis& b)
{
    return a.scale == b.scale && a.names == b.names && a.words == b.words
        && (a.scale == Axis::Scale::Cells || a.title == b.title);
}

}

PlotPanel::PlotPanel(QCustomPlot& plot, const Panel& panel)
    : m_plot(plot)
    , m_rect(new QCPAxisRect(&plot, true))
    , m_x(m_rect->axis(QCPAxis::atBottom))
    , m_y(m_rect->axis(QCPAxis::atLeft))
{
    for (const Layer& layer : panel.layers)
        m_layers.push_back(makePlottable(layer, m_x, m_y));
    for (QCPAxis* axis : {m_x, m_y}) {
        connect(axis, qOverload<const QCPRange&>(&QCPAxis::rangeChanged), this, [this] {
            if (m_clamping)
                return;
            m_clamping = true;
            clampRange(*m_x, m_panel.x, m_fullX);
            clampRange(*m_y, m_panel.y, m_fullY);
            m_clamping = false;
            emit rangeChanged();
        });
    }
    if (!scrolls())
        return;
    m_rect->setRangeDrag({});
    m_rect->setRangeZoom({});
    connect(&plot, &QCustomPlot::mouseWheel, this, [this](const QWheelEvent* event) {
        constexpr double kPagesAStep = 0.2 / 120;
        if (!m_plot.interactions().testFlag(QCP::iRangeZoom) || !area().contains(event->position()))
            return;
        for (LayerPlottable* shown : m_layers)
            shown->scrollBy(-event->angleDelta().y() * kPagesAStep);
        emit rangeChanged();
        m_plot.replot(QCustomPlot::rpQueuedReplot);
    });
}

PlotPanel::~PlotPanel()
{
    for (LayerPlottable* layer : m_layers)
        m_plot.removePlottable(layer);
}

bool PlotPanel::canShow(const Panel& panel) const
{
    return std::ranges::equal(
        m_layers, panel.layers, [](const LayerPlottable* mine, const Layer& wanted) { return mine->canShow(wanted); });
}

bool PlotPanel::scrolls() const
{
    return std::ranges::any_of(m_layers, [](const LayerPlottable* layer) { return layer->scrolls(); });
}

bool PlotPanel::framed() const
{
    return std::ranges::any_of(m_layers, [](const LayerPlottable* layer) { return layer->framed(); });
}

void PlotPanel::show(const Panel& panel, const std::optional<ColourKey>& key)
{
    const bool stays = sameShape(m_panel.x, panel.x) && sameShape(m_panel.y, panel.y) && isZoomed();
    m_panel = panel;
    for (std::size_t i = 0; i < m_layers.size(); ++i)
        m_layers[i]->show(panel.layers[i], key);
    m_fullX = fullRange(panel, panel.x, true);
    m_fullY = fullRange(panel, panel.y, false);
    m_wholeX = wholeEnds(panel);
    m_y->setRangeReversed(panel.y.scale == Axis::Scale::Cells);
    m_x->setScaleType(isLog(panel.x) ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
    m_y->setScaleType(isLog(panel.y) ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
    if (stays) {
        clampRange(*m_x, m_panel.x, m_fullX);
        clampRange(*m_y, m_panel.y, m_fullY);
    } else {
        fit();
    }
    setTitles();
    if (!m_style.series.empty())
        restyle(m_style);
}

void PlotPanel::setTitles()
{
    m_x->setLabel(m_titledX ? QString(m_panel.x.title).replace(QChar::Nbsp, ' ') : QString());
    m_y->setLabel(m_titledY ? QString(m_panel.y.title).replace(QChar::Nbsp, ' ') : QString());
}

void PlotPanel::setTitled(bool x, bool y)
{
    m_titledX = x;
    m_titledY = y;
    setTitles();
}

void PlotPanel::restyle(const Style& style)
{
    m_style = style;
    const bool cells = framed();
    for (QCPAxis* axis : m_rect->axes()) {
        styleAxis(*axis, style, axis == m_x || axis == m_y, cells);
        const auto scale = (axis == m_x ? m_panel.x : m_panel.y).scale;
        const bool numbers = scale != Axis::Scale::Cells;
        // Curves stand on two axes.
        axis->setVisible(scale != Axis::Scale::None && (cells || axis == m_x || axis == m_y));
        const bool grid = style.gridLines && !cells && numbers && (axis == m_x || axis == m_y);
        axis->grid()->setVisible(grid);
        axis->grid()->setPen(QPen(style.grid, 1));
        axis->grid()->setZeroLinePen(QPen(style.grid, 1));
    }
    for (LayerPlottable* layer : m_layers)
        layer->setStyle(style);
    // Half of the topmost label reaches beyond the axes; what leaves the page is not drawn at all.
    const int half = int(std::ceil(QFontMetricsF(style.font).height() / 2)) + 1;
    m_rect->setMinimumMargins(QMargins(int(style.gap / 2), half, int(style.gap / 2), 1));
    m_rect->setMinimumSize(kLeast, kLeast);
}

QRectF PlotPanel::area() const
{
    // QCustomPlot's vertical coordinates end one unit above the rectangle.
    return QRectF(m_rect->rect()).translated(0, -1);
}

AxisLabels PlotPanel::labels(QCPAxis& axis) const
{
    const bool x = &axis == m_x;
    const bool all = !isZoomed();
    return {axis, x ? m_panel.x : m_panel.y, m_style, x && all ? m_wholeX : std::nullopt};
}

void PlotPanel::updateTicks()
{
    if (m_rect->width() <= 0 || m_rect->height() <= 0)
        return;
    constexpr double kMostOfPage = 0.3; // that words beside an axis may take
    AxisLabels across = labels(*m_x);
    across.fit(kMostOfPage * m_plot.viewport().height());
    labels(*m_y).fit(kMostOfPage * m_plot.viewport().width());
    // A label that leaves the page would not be drawn at all.
    QMargins margins = m_rect->minimumMargins();
    margins.setRight(std::max(int(m_style.gap / 2), m_x->visible() ? int(std::ceil(across.overhang())) + 1 : 0));
    m_rect->setMinimumMargins(margins);
}

bool PlotPanel::updateTitles()
{
    bool fit = true;
    const QRectF inside = area();
    const auto lines = [&](const QString& title, double length) {
        if (const auto fitting = labelLines(title, m_style.font, length))
            return *fitting;
        fit = false;
        return elidedLines(title, m_style.font, length, 2);
    };
    // Titles stand at the middle of their axis; they may reach beyond it as far as the page goes on both sides.
    const double beside = std::min(inside.left() - m_page.left(), m_page.right() - inside.right());
    const double above = std::min(inside.top() - m_page.top(), m_page.bottom() - inside.bottom());
    if (m_titledX)
        m_x->setLabel(lines(m_panel.x.title, inside.width() + std::max(0.0, 2 * (beside - m_style.gap / 2))));
    if (m_titledY)
        m_y->setLabel(lines(m_panel.y.title, inside.height() + std::max(0.0, 2 * (above - m_style.gap / 2))));
    return fit;
}

void PlotPanel::fit()
{
    m_x->setRange(m_fullX.low, m_fullX.high);
    m_y->setRange(m_fullY.low, m_fullY.high);
    m_rect->axis(QCPAxis::atTop)->setRange(m_x->range());
    m_rect->axis(QCPAxis::atRight)->setRange(m_y->range());
}

bool PlotPanel::isZoomed() const
{
    const auto less = [](const QCPRange& seen, const Range& full) {
        const double slack = 1e-6 * (full.high - full.low);
        return seen.lower > full.low + slack || seen.upper < full.high - slack;
    };
    return less(m_x->range(), m_fullX) || less(m_y->range(), m_fullY);
}

bool PlotPanel::isReduced(double pixelRatio) const
{
    return std::ranges::any_of(m_layers, [&](const LayerPlottable* layer) { return layer->isReduced(pixelRatio); });
}

bool PlotPanel::crossesFit() const
{
    return std::ranges::all_of(m_layers, [](const LayerPlottable* layer) { return layer->crossesFit(); });
}

std::pair<Range, Range> PlotPanel::view() const
{
    return {{m_x->range().lower, m_x->range().upper}, {m_y->range().lower, m_y->range().upper}};
}

void PlotPanel::setView(const std::pair<Range, Range>& view)
{
    m_x->setRange(view.first.low, view.first.high);
    m_y->setRange(view.second.low, view.second.high);
}

void PlotPanel::clampRange(QCPAxis& axis, const Axis& meaning, const Range& full)
{
    // In the logarithm where the axis is one: then all scales are alike.
    const bool log = isLog(meaning);
    const auto in = [&](double v) { return log ? std::log(std::max(v, 1e-300)) : v; };
    const auto out = [&](double v) { return log ? std::exp(v) : v; };
    const double low = in(full.low), high = in(full.high), all = high - low;
    const double least = meaning.scale == Axis::Scale::Cells ? std::min(2.0, all) : kClosest * all;
    const double from = in(axis.range().lower), to = in(axis.range().upper);
    const double size = std::clamp(to - from, least, all);
    const double lower = std::clamp((from + to) / 2 - size / 2, low, high - size);
    if (std::abs(lower - from) > 1e-9 * all || std::abs(size - (to - from)) > 1e-9 * all)
        axis.setRange(out(lower), out(lower + size));
}

void PlotPanel::zoomBy(double factor, std::optional<QPointF> at)
{
    const QPointF centre = at.value_or(area().center());
    const double x = m_x->pixelToCoord(centre.x()), y = m_y->pixelToCoord(centre.y());
    m_x->scaleRange(factor, x);
    m_y->scaleRange(factor, y);
}

void PlotPanel::panBy(double x, double y)
{
    if (scrolls()) {
        for (LayerPlottable* layer : m_layers)
            layer->scrollBy(x + y);
        return;
    }
    const auto move = [](QCPAxis& axis, double from, double to) {
        axis.setRange(QCPRange(axis.pixelToCoord(from), axis.pixelToCoord(to)));
    };
    const QRectF inside = area().translated(x * area().width(), y * area().height());
    move(*m_x, inside.left(), inside.right());
    move(*m_y, inside.top(), inside.bottom());
}

void PlotPanel::reveal(std::size_t layer, std::size_t row, std::size_t column)
{
    const auto show = [](QCPAxis& axis, double from, double to) {
        const QCPRange range = axis.range();
        if (from < range.lower)
            axis.setRange(from,
                axis.scaleType() == QCPAxis::stLogarithmic ? range.upper * from / range.lower : from + range.size());
        else if (to > range.upper)
            axis.setRange(
                axis.scaleType() == QCPAxis::stLogarithmic ? range.lower * to / range.upper : to - range.size(), to);
    };
    if (layer < m_layers.size())
        m_layers[layer]->scrollTo({row, column});
    const auto span = layer < m_layers.size() ? m_layers[layer]->spanOf({row, column}) : std::nullopt;
    if (!span)
        return;
    if (std::isfinite(span->x.low))
        show(*m_x, span->x.low, span->x.high);
    if (std::isfinite(span->y.low))
        show(*m_y, span->y.low, span->y.high);
}

std::optional<PlotPanel::Place> PlotPanel::markAt(const QPointF& position) const
{
    if (!area().contains(position))
        return {};
    for (std::size_t i = m_layers.size(); i > 0; --i) { // what lies above first
        if (const auto found = m_layers[i - 1]->markAt(position))
            return Place{i - 1, found->row, found->column};
    }
    return {};
}

QRectF PlotPanel::placeOf(const Place& place) const
{
    return place.layer < m_layers.size() ? m_layers[place.layer]->placeOf({place.row, place.column}) : QRectF();
}

bool PlotPanel::isWide() const
{
    return std::ranges::any_of(m_layers, [](const LayerPlottable* layer) { return layer->isWide(); });
}

QString PlotPanel::note() const
{
    QStringList notes;
    for (const LayerPlottable* layer : m_layers)
        notes << layer->note();
    notes.removeAll(QString());
    return notes.join("; ");
}

std::optional<double> PlotPanel::wantedHeight(double width) const
{
    std::optional<double> most;
    for (const LayerPlottable* layer : m_layers) {
        if (const auto wanted = layer->wantedHeight(width))
            most = std::max(most.value_or(0), *wanted);
    }
    return most;
}

QStringList PlotPanel::texts() const
{
    QStringList texts{m_panel.title, m_panel.x.title, m_panel.y.title};
    for (const LayerPlottable* layer : m_layers)
        texts << layer->texts();
    for (QCPAxis* axis : {m_x, m_y}) {
        for (const Tick& t : labels(*axis).ticks(12))
            texts << t.label;
    }
    for (const Axis* axis : {&m_panel.x, &m_panel.y}) {
        for (const QString& word : axis->words)
            texts << word;
    }
    return texts;
}

}
