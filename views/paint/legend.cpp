// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/legend.h"

#include "views/paint/layers/curves_plottable.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

Legend::Legend(QCustomPlot& plot)
    : QCPLayoutElement(&plot)
{
    setLayer("legend");
}

void Legend::show(const Picture& picture)
{
    m_entries.clear();
    for (const Panel& panel : picture.panels) {
        for (const Layer& layer : panel.layers) {
            for (LegendEntry& entry : legendOf(layer)) {
                if (!entry.name.isEmpty()
                    && std::ranges::find(m_entries, entry.name, &LegendEntry::name) == m_entries.end())
                    m_entries.push_back(std::move(entry));
            }
        }
    }
    if (m_entries.size() == 1 && m_entries.front().colour >= 0
        && m_entries.front().shape != LegendEntry::Shape::Category)
        m_entries.clear(); // the axis says what it is
}

double Legend::swatch() const
{
    const bool lines = std::ranges::any_of(m_entries, [](const LegendEntry& entry) {
        return entry.shape == LegendEntry::Shape::Line || entry.shape == LegendEntry::Shape::Shade;
    });
    return (lines ? 2.2 : 1.3) * QFontMetricsF(m_style.font).height();
}

void Legend::restyle(const Style& style)
{
    m_style = style;
}

double Legend::entryWidth(const LegendEntry& entry) const
{
    return swatch() + QFontMetricsF(m_style.font).horizontalAdvance(entry.name)
        + QFontMetricsF(m_style.font).height() / 2;
}

double Legend::rowHeight() const
{
    return std::ceil(1.2 * QFontMetricsF(m_style.font).height());
}

QSizeF Legend::columnSize() const
{
    double width = 0;
    for (const LegendEntry& entry : m_entries)
        width = std::max(width, entryWidth(entry));
    return {std::ceil(width) + 1, rowHeight() * double(m_entries.size())};
}

std::size_t Legend::columnsIn(double width) const
{
    return std::clamp<std::size_t>(
        std::size_t(width / std::max(1.0, columnSize().width())), 1, std::max<std::size_t>(1, m_entries.size()));
}

double Legend::rowsHeight(double width) const
{
    const std::size_t columns = columnsIn(width);
    return rowHeight() * double((m_entries.size() + columns - 1) / columns);
}

void Legend::setFixed(const QSizeF& size, const QMargins& margins)
{
    m_hidden = false;
    setSizeConstraintRect(scrInnerRect);
    setMinimumMargins(margins);
    setMargins(margins);
    setMinimumSize(int(std::ceil(size.width())), int(std::ceil(size.height())));
}

void Legend::arrangeColumn()
{
    m_columns = 1;
    setFixed(columnSize(), QMargins(int(m_style.gap), 0, int(m_style.gap / 2), 0));
    setMaximumSize(minimumSize().width(), QWIDGETSIZE_MAX);
}

void Legend::arrangeRows(double width)
{
    m_columns = columnsIn(width);
    setFixed({1, rowsHeight(width)},
        QMargins(int(m_style.gap), int(m_style.gap / 2), int(m_style.gap / 2), int(m_style.gap / 2)));
    setMaximumSize(QWIDGETSIZE_MAX, minimumSize().height());
}

void Legend::hide(Qt::Orientation row)
{
    m_hidden = true;
    setMinimumMargins(QMargins());
    setMargins(QMargins());
    setMinimumSize(0, 0);
    // The layout takes a limit across for one of all that stands there.
    setMaximumSize(row == Qt::Horizontal ? 0 : QWIDGETSIZE_MAX, row == Qt::Horizontal ? QWIDGETSIZE_MAX : 0);
}

QStringList Legend::texts() const
{
    QStringList texts;
    for (const LegendEntry& entry : m_entries)
        texts << entry.name;
    return texts;
}

void Legend::drawSign(QCPPainter* painter, const LegendEntry& entry, const QRectF& box) const
{
    const QPen pen = curvePen(m_style, entry.colour, entry.dashed);
    const QPointF middle = box.center();
    const double side = 0.5 * box.height();
    const QRectF patch(middle.x() - side / 2, middle.y() - side / 2, side, side);
    switch (entry.shape) {
    case LegendEntry::Shape::Line:
        painter->setPen(pen);
        painter->drawLine(QPointF(box.left(), middle.y()), QPointF(box.right(), middle.y()));
        break;
    case LegendEntry::Shape::Patch:
        painter->fillRect(patch, pen.color());
        break;
    case LegendEntry::Shape::Category:
        painter->fillRect(patch, categoryColour(m_style, entry.colour));
        break;
    case LegendEntry::Shape::Shade:
        painter->fillRect(patch.adjusted(-side / 2, 0, side / 2, 0), shadeOf(pen.color()));
        break;
    case LegendEntry::Shape::None:
        break;
    }
    if (!entry.dot)
        return;
    painter->setPen(Qt::NoPen);
    painter->setBrush(pen.color());
    painter->drawEllipse(middle, m_style.dot / 2, m_style.dot / 2);
    painter->setBrush(Qt::NoBrush);
}

void Legend::draw(QCPPainter* painter)
{
    if (m_hidden)
        return;
    const double height = rowHeight(), line = swatch() * 0.75;
    const double width = m_columns > 1 ? columnSize().width() : rect().width();
    painter->setFont(m_style.font);
    for (std::size_t i = 0; i < m_entries.size(); ++i) {
        const LegendEntry& entry = m_entries[i];
        const QPointF at(rect().left() + double(i % m_columns) * width, rect().top() + double(i / m_columns) * height);
        const double middle = at.y() + height / 2;
        painter->setAntialiasing(true);
        drawSign(painter, entry, QRectF(at.x(), middle - height / 2, line, height));
        painter->setPen(QPen(m_style.text));
        const QFontMetricsF metrics(m_style.font);
        painter->drawText(QRectF(at.x() + swatch(), at.y(), width - swatch() + 2, height),
            Qt::AlignLeft | Qt::AlignVCenter | Qt::TextDontClip,
            metrics.elidedText(entry.name, Qt::ElideMiddle, std::max(width - swatch() + 2, 10.0)));
    }
}

}
