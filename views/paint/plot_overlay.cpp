// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/plot_overlay.h"

namespace expertscope {

namespace {

/// Neighbouring cells of a row as one box.
std::vector<std::pair<std::size_t, QRectF>> boxesOf(
    const std::vector<Mark>& marks, const std::function<QRectF(const Mark&)>& placeOf)
{
    std::vector<std::pair<std::size_t, QRectF>> boxes; // panel, place
    const Mark* before = nullptr;
    for (const Mark& mark : marks) {
        const QRectF place = placeOf(mark);
        if (place.isEmpty()) {
            before = nullptr;
            continue;
        }
        const bool goesOn = before && before->panel == mark.panel && before->layer == mark.layer
            && before->row == mark.row && before->column + 1 == mark.column
            && std::abs(boxes.back().second.right() - place.left()) < 0.5; // cells touch, points do not
        if (goesOn)
            boxes.back().second.setRight(place.right());
        else
            boxes.emplace_back(mark.panel, place);
        before = &mark;
    }
    return boxes;
}

}

PlotOverlay::PlotOverlay(QCustomPlot& plot, Places places)
    : QCPLayerable(&plot, "overlay")
    , m_places(std::move(places))
{
}

void PlotOverlay::show(const Overlay& overlay)
{
    m_shown = overlay;
    layer()->replot();
}

void PlotOverlay::applyDefaultAntialiasingHint(QCPPainter* painter) const
{
    painter->setAntialiasing(false);
}

void PlotOverlay::draw(QCPPainter* painter)
{
    drawBrush(painter);
    drawCrosshair(painter);
    drawOutlines(painter, m_shown.pinned, true);
    drawOutlines(painter, m_shown.hovered, false);
}

void PlotOverlay::drawBrush(QCPPainter* painter) const
{
    if (!m_shown.brush)
        return;
    for (std::size_t panel = 0;; ++panel) {
        const QRectF area = m_places.ofPanel(panel);
        if (area.isNull())
            return;
        if (!area.contains(m_shown.brush->topLeft()))
            continue;
        QColor fill = m_style.accent;
        fill.setAlphaF(0.15f);
        painter->setPen(QPen(m_style.accent, 1));
        painter->setBrush(fill);
        painter->drawRect(m_shown.brush->normalized().intersected(area));
        painter->setBrush(Qt::NoBrush);
        return;
    }
}

void PlotOverlay::drawCrosshair(QCPPainter* painter) const
{
    if (!m_shown.crosshair)
        return;
    const QRectF place = m_places.ofMark(*m_shown.crosshair), area = m_places.ofPanel(m_shown.crosshair->panel);
    if (place.isEmpty())
        return;
    // Light on dark and dark on light: one of the two can be seen on any colour. The cell itself stays free.
    for (const auto& [colour, shift] :
        {std::pair(QColor(255, 255, 255, 150), 1.0), std::pair(QColor(0, 0, 0, 110), 0.0)}) {
        painter->setPen(QPen(colour, 1));
        const double x = std::floor(place.center().x()) + shift, y = std::floor(place.center().y()) + shift;
        painter->drawLine(QPointF(area.left(), y), QPointF(place.left() - 2, y));
        painter->drawLine(QPointF(place.right() + 2, y), QPointF(area.right(), y));
        painter->drawLine(QPointF(x, area.top()), QPointF(x, place.top() - 2));
        painter->drawLine(QPointF(x, place.bottom() + 2), QPointF(x, area.bottom()));
    }
}

void PlotOverlay::drawOutlines(QCPPainter* painter, const std::vector<Mark>& marks, bool pinned) const
{
    painter->setBrush(Qt::NoBrush);
    for (const auto& [panel, box] : boxesOf(marks, m_places.ofMark)) {
        painter->save();
        painter->setClipRect(m_places.ofPanel(panel).adjusted(-3, -3, 3, 3));
        // Around the cell, not over it.
        const auto outline = [&, &cell = box](double out, double width, const QColor& colour) {
            painter->setPen(QPen(colour, width, Qt::SolidLine, Qt::SquareCap, Qt::MiterJoin));
            painter->drawRect(cell.adjusted(-out, -out, out, out));
        };
        if (pinned) {
            outline(1.5, 4, m_style.halo);
            outline(1.5, 2, m_style.accent);
        } else {
            outline(1.5, 1, QColor(255, 255, 255));
            outline(0.5, 1, QColor(0, 0, 0));
        }
        painter->restore();
    }
}

}
