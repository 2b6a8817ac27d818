// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/colour_bar.h"

#include "views/paint/axis_ticks.h"
#include "views/paint/layers/heat_map_plottable.h"

#include <cmath>

namespace expertscope {

void styleAxis(QCPAxis& axis, const Style& style, bool labelled, bool cells)
{
    const QPen pen(style.axis, style.axisLine, Qt::SolidLine, Qt::SquareCap, Qt::MiterJoin);
    axis.setVisible(true);
    axis.setTickPen(pen);
    // Cells are painted over the inner half of the frame: none of them hides under it.
    axis.setBasePen(QPen(style.axis, (cells ? 2 : 1) * style.axisLine, Qt::SolidLine, Qt::SquareCap, Qt::MiterJoin));
    axis.setSubTicks(false);
    axis.setTicks(labelled);
    axis.setTickLabels(labelled);
    axis.setTickLength(0, labelled ? int(style.tickLength) : 0);
    axis.setTickLabelFont(style.font);
    axis.setLabelFont(style.font);
    axis.setTickLabelColor(style.text);
    axis.setLabelColor(style.text);
    axis.setTickLabelPadding(int(style.tickLength));
    const bool across = axis.orientation() == Qt::Horizontal;
    axis.setLabelPadding(style.paper ? (across ? 0 : 3) : int(style.tickLength));
    axis.setPadding(0);
    axis.grid()->setVisible(false);
}

void setTicks(QCPAxis& axis, const std::vector<Tick>& ticks)
{
    auto ticker = QSharedPointer<QCPAxisTickerText>::create();
    for (const Tick& t : ticks)
        ticker->addTick(t.position, t.label);
    axis.setTicker(ticker);
}

ColourBar::ColourBar(QCustomPlot& plot)
    : m_rect(new QCPAxisRect(&plot, false))
    , m_key(m_rect->addAxis(QCPAxis::atBottom))
    , m_value(m_rect->addAxis(QCPAxis::atRight))
    , m_map(new HeatMapPlottable(m_key, m_value))
{
    // In this order, not in that of axes(), which is another in each run: what is drawn first is part of a file's
    // bytes.
    for (QCPAxis* axis : {m_value, m_key, m_rect->addAxis(QCPAxis::atLeft), m_rect->addAxis(QCPAxis::atTop)})
        axis->setLayer("axes");
    m_rect->setSizeConstraintRect(QCPLayoutElement::scrInnerRect);
    m_rect->setRangeDrag({});
    m_rect->setRangeZoom({});
    m_value->setRangeReversed(true);
    m_value->setRange(-0.5, 255.5);
    m_key->setRange(-0.5, 0.5);
}

void ColourBar::show(const ColourKey& key, bool below, bool above)
{
    m_shown = key;
    m_below = below;
    m_above = above;
    m_map->setData(colourBarMap(key.scale), key.scale, Reducer::Mean);
}

void ColourBar::restyle(const Style& style)
{
    for (QCPAxis* axis : m_rect->axes())
        styleAxis(*axis, style, axis == m_value, true);
    const int width = style.paper ? std::max(5, style.font.pixelSize() - 1) : 16;
    m_rect->setMinimumSize(width, 10);
    m_rect->setMaximumSize(width, QWIDGETSIZE_MAX);
    m_map->setStyle(style);
    // On a screen values change while a reader looks: room for the longest, so that nothing beside it moves.
    const double text = QFontMetricsF(style.font).horizontalAdvance("0.0000");
    const int right =
        style.paper ? int(style.gap / 2) : int(text + 3 * style.tickLength + QFontMetricsF(style.font).height());
    m_rect->setMinimumMargins(QMargins(int(style.gap), 0, right, 0));
}

void ColourBar::updateTicks()
{
    const QFontMetricsF metrics(m_value->tickLabelFont());
    const int most = std::clamp(int(m_rect->height() / (1.8 * metrics.height())), 2, 9);
    std::vector<Tick> ticks = scaleTicks(m_shown.scale, most, m_below, m_above);
    for (Tick& t : ticks)
        t.position = (1 - t.position) * 256 - 0.5;
    setTicks(*m_value, ticks);
}

}
