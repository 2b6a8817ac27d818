// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/curve_legend.h"

#include "views/paint/curves_plottable.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

CurveLegend::CurveLegend(QCustomPlot& plot)
    : QCPLayoutElement(&plot)
{
    setLayer("legend");
}

void CurveLegend::show(const Picture& picture)
{
    m_entries.clear();
    for (const Panel& panel : picture.panels) {
        for (const Layer& layer : panel.layers) {
            const auto* curves = std::get_if<Curves>(&layer);
            for (const Curve& curve : curves ? curves->curves : std::vector<Curve>()) {
                if (curve.name.isEmpty() || std::ranges::find(m_entries, curve.name, &Curve::name) != m_entries.end())
                    continue;
                Curve entry;
                entry.name = curve.name;
                entry.colour = curve.colour;
                entry.dashed = curve.dashed;
                entry.points = curve.points;
                m_entries.push_back(std::move(entry));
            }
        }
    }
    if (m_entries.size() == 1 && m_entries.front().colour >= 0)
        m_entries.clear(); // the axis says what it is
}

void CurveLegend::restyle(const Style& style)
{
    m_style = style;
}

double CurveLegend::entryWidth(const Curve& entry) const
{
    return swatch() + QFontMetricsF(m_style.font).horizontalAdvance(entry.name)
        + QFontMetricsF(m_style.font).height() / 2;
}

double CurveLegend::rowHeight() const
{
    return std::ceil(1.2 * QFontMetricsF(m_style.font).height());
}

QSizeF CurveLegend::columnSize() const
{
    double width = 0;
    for (const Curve& entry : m_entries)
        width = std::max(width, entryWidth(entry));
    return {std::ceil(width) + 1, rowHeight() * double(m_entries.size())};
}

std::size_t CurveLegend::columnsIn(double width) const
{
    return std::clamp<std::size_t>(
        std::size_t(width / std::max(1.0, columnSize().width())), 1, std::max<std::size_t>(1, m_entries.size()));
}

double CurveLegend::rowsHeight(double width) const
{
    const std::size_t columns = columnsIn(width);
    return rowHeight() * double((m_entries.size() + columns - 1) / columns);
}

void CurveLegend::setFixed(const QSizeF& size, const QMargins& margins)
{
    m_hidden = false;
    setSizeConstraintRect(scrInnerRect);
    setMinimumMargins(margins);
    setMargins(margins);
    setMinimumSize(int(std::ceil(size.width())), int(std::ceil(size.height())));
}

void CurveLegend::arrangeColumn()
{
    m_columns = 1;
    setFixed(columnSize(), QMargins(int(m_style.gap), 0, int(m_style.gap / 2), 0));
    setMaximumSize(minimumSize().width(), QWIDGETSIZE_MAX);
}

void CurveLegend::arrangeRows(double width)
{
    m_columns = columnsIn(width);
    setFixed({1, rowsHeight(width)}, QMargins(int(m_style.gap), int(m_style.gap / 2), int(m_style.gap / 2), 0));
    setMaximumSize(QWIDGETSIZE_MAX, minimumSize().height());
}

void CurveLegend::hide(Qt::Orientation row)
{
    m_hidden = true;
    setMinimumMargins(QMargins());
    setMargins(QMargins());
    setMinimumSize(0, 0);
    // The layout takes a limit across for one of all that stands there.
    setMaximumSize(row == Qt::Horizontal ? 0 : QWIDGETSIZE_MAX, row == Qt::Horizontal ? QWIDGETSIZE_MAX : 0);
}

QStringList CurveLegend::texts() const
{
    QStringList texts;
    for (const Curve& entry : m_entries)
        texts << entry.name;
    return texts;
}

void CurveLegend::draw(QCPPainter* painter)
{
    if (m_hidden)
        return;
    const double height = rowHeight(), line = swatch() * 0.75;
    const double width = m_columns > 1 ? columnSize().width() : rect().width();
    painter->setFont(m_style.font);
    for (std::size_t i = 0; i < m_entries.size(); ++i) {
        const Curve& entry = m_entries[i];
        const QPointF at(rect().left() + double(i % m_columns) * width, rect().top() + double(i / m_columns) * height);
        const double middle = at.y() + height / 2;
        const QPen pen = curvePen(m_style, entry);
        painter->setAntialiasing(true);
        painter->setPen(pen);
        painter->drawLine(QPointF(at.x(), middle), QPointF(at.x() + line, middle));
        if (entry.points) {
            painter->setPen(Qt::NoPen);
            painter->setBrush(pen.color());
            painter->drawEllipse(QPointF(at.x() + line / 2, middle), m_style.dot / 2, m_style.dot / 2);
            painter->setBrush(Qt::NoBrush);
        }
        painter->setPen(QPen(m_style.text));
        const QFontMetricsF metrics(m_style.font);
        painter->drawText(QRectF(at.x() + swatch(), at.y(), width - swatch() + 2, height),
            Qt::AlignLeft | Qt::AlignVCenter | Qt::TextDontClip,
            metrics.elidedText(entry.name, Qt::ElideMiddle, std::max(width - swatch() + 2, 10.0)));
    }
}

}
