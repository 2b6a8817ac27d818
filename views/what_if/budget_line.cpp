// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/what_if/budget_line.h"

#include "views/paint/style.h"
#include "views/widgets/theme.h"

#include <QEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cstdlib>
#include <limits>

namespace expertscope {

namespace {

constexpr int kReach = 6; ///< pixels beside the line that are of it

}

BudgetLine::BudgetLine(ChartWidget* chart)
    : QWidget(chart)
    , m_chart(chart)
{
    setAttribute(Qt::WA_TransparentForMouseEvents);
    setFocusPolicy(Qt::NoFocus);
    for (QWidget* child : chart->findChildren<QWidget*>(Qt::FindDirectChildrenOnly)) {
        if (child->hasMouseTracking())
            m_plot = child;
    }
    chart->installEventFilter(this);
    if (m_plot)
        m_plot->installEventFilter(this); // before the chart's own: a drag of the line is no pan
    connect(chart, &ChartWidget::viewChanged, this, &BudgetLine::relocate);
    setGeometry(chart->rect());
    raise();
}

void BudgetLine::setCapacities(std::vector<std::uint32_t> capacities)
{
    m_capacities = std::move(capacities);
    relocate();
}

void BudgetLine::setPlace(std::size_t place)
{
    if (std::exchange(m_place, place) != place)
        update();
}

void BudgetLine::setKept(std::optional<std::size_t> place)
{
    if (std::exchange(m_kept, place) != place)
        update();
}

void BudgetLine::setTopK(std::uint32_t k)
{
    m_topK = k;
    update();
}

void BudgetLine::setAccent(const QColor& colour)
{
    m_accent = colour;
    update();
}

void BudgetLine::relocate()
{
    m_places.assign(m_capacities.size(), std::nullopt);
    // The last row is the one that is always there; where it has no point another has.
    const PicturePtr picture = m_chart->chart() ? m_chart->chart()->picture() : nullptr;
    if (picture) {
        const auto* const curves = std::get_if<Curves>(&picture->panels.front().layers.front());
        const std::size_t rows = curves ? curves->rows() : 0;
        const QRect area = m_chart->areaOf(0).adjusted(-1, 0, 1, 0); // before it is laid out there is none
        for (std::uint32_t c = 0; rows && c < m_places.size(); ++c) {
            const QPoint at = m_chart->placeOf({0, 0, std::uint32_t(rows - 1), c});
            if (at.x() >= area.left() && at.x() <= area.right())
                m_places[c] = at.x();
        }
    }
    update();
}

std::optional<int> BudgetLine::at(std::size_t place) const
{
    return place < m_places.size() ? m_places[place] : std::nullopt;
}

std::optional<double> BudgetLine::between(double size) const
{
    // By two points that are seen: the axis is linear.
    std::optional<std::size_t> first, last;
    for (std::size_t c = 0; c < m_places.size(); ++c) {
        if (m_places[c]) {
            first = first ? first : c;
            last = c;
        }
    }
    if (!first || first == last)
        return {};
    const double x0 = *m_places[*first], x1 = *m_places[*last];
    const double s0 = m_capacities[*first], s1 = m_capacities[*last];
    return size < s0 || size > s1 ? std::nullopt : std::optional(x0 + (size - s0) * (x1 - x0) / (s1 - s0));
}

bool BudgetLine::near(const QPoint& position) const
{
    const auto x = at(m_place);
    return x && std::abs(position.x() - *x) <= kReach;
}

std::size_t BudgetLine::nearest(int x) const
{
    std::size_t best = m_place;
    int away = std::numeric_limits<int>::max();
    for (std::size_t c = 0; c < m_places.size(); ++c) {
        if (m_places[c] && std::abs(*m_places[c] - x) < away) {
            away = std::abs(*m_places[c] - x);
            best = c;
        }
    }
    return best;
}

bool BudgetLine::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_chart && event->type() == QEvent::Resize) {
        setGeometry(m_chart->rect());
        QMetaObject::invokeMethod(this, &BudgetLine::relocate, Qt::QueuedConnection); // once it is laid out
    }
    if (watched == m_chart && event->type() == QEvent::Show)
        QMetaObject::invokeMethod(this, &BudgetLine::relocate, Qt::QueuedConnection);
    if (watched != m_plot)
        return false;
    if (event->type() == QEvent::Leave) {
        m_over = false;
        m_plot->unsetCursor();
        update();
        return false;
    }
    // The plot is told more while its chart is being destroyed: nothing of that is looked at.
    const auto* mouse = dynamic_cast<QMouseEvent*>(event);
    if (!mouse || !m_chart->chart())
        return false;
    const QPoint position = m_plot->mapTo(m_chart, mouse->position().toPoint());
    switch (event->type()) {
    case QEvent::MouseButtonPress:
        if (mouse->button() != Qt::LeftButton || mouse->modifiers() || !near(position))
            return false;
        m_dragging = true;
        m_chart->setFocus(Qt::MouseFocusReason);
        return true;
    case QEvent::MouseMove:
        if (m_dragging) {
            if (const std::size_t place = nearest(position.x()); place != m_place)
                emit dragged(place);
            return true;
        }
        if (const bool over = mouse->buttons() == Qt::NoButton && near(position); over != m_over) {
            m_over = over;
            if (over)
                m_plot->setCursor(Qt::SizeHorCursor);
            else
                m_plot->unsetCursor();
            update();
        }
        return false;
    case QEvent::MouseButtonRelease:
        if (!std::exchange(m_dragging, false))
            return false;
        emit released();
        return true;
    default:
        return false;
    }
}

void BudgetLine::paintEvent(QPaintEvent*)
{
    if (!m_chart->chart())
        return;
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRect area = m_chart->areaOf(0);
    const QFontMetrics metrics = painter.fontMetrics();
    const auto line = [&](double x, const QColor& colour, double width, Qt::PenStyle style, const QString& text, int row) {
        painter.setPen(QPen(colour, width, style));
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()));
        QRect box(int(x) + 4, area.bottom() - 4 - (row + 1) * (metrics.height() + 2), metrics.horizontalAdvance(text) + 6, metrics.height());
        if (box.right() > area.right())
            box.moveRight(int(x) - 4);
        QColor ground = palette().color(QPalette::Base);
        ground.setAlpha(220);
        painter.fillRect(box, ground);
        painter.setPen(colour);
        painter.drawText(box, Qt::AlignCenter, text);
    };
    const QColor text = palette().color(QPalette::Text);
    if (const auto x = between(m_topK); m_topK && x)
        line(*x, text, 1, Qt::DashLine, QString("k = %1").arg(m_topK), 2);
    if (const auto x = m_kept ? at(*m_kept) : std::nullopt)
        line(*x, screenStyle(screenColours(), font()).series.front(), 1, Qt::SolidLine,
            QString("A: %1").arg(m_capacities[*m_kept]), 1);
    if (const auto x = at(m_place))
        line(*x, m_accent, m_over || m_dragging ? 3 : 2, Qt::SolidLine,
            QString("%1 slots").arg(m_capacities[m_place]), 0);
}

}
