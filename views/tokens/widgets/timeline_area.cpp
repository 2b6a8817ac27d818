// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/tokens/widgets/timeline_area.h"

#include "views/charts/wording.h"
#include "views/tokens/data/token_words.h"
#include "views/tokens/widgets/timeline_picture.h"
#include "views/widgets/theme.h"

#include <QApplication>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

constexpr double kFewest = 8; ///< columns in sight
constexpr double kAtFirst = 400; ///< columns in sight of a long sequence

}

TimelineArea::TimelineArea(Session& session, QWidget* parent)
    : QWidget(parent)
    , m_session(session)
    , m_cursor(TokenCursor::of(session))
{
    setObjectName("timelineArea");
    setAccessibleName("Timeline of the sequence at the cursor");
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setAttribute(Qt::WA_OpaquePaintEvent);
    connect(&m_cursor, &TokenCursor::moved, this, &TimelineArea::follow);
    for (const auto changed : {&SharedSelection::hoveredChanged, &SharedSelection::pinsChanged})
        connect(&session.selection(), changed, this, [this] { update(); });
}

void TimelineArea::setRaster(TimelineRasterPtr raster)
{
    const bool same = m_raster && raster && m_raster->range == raster->range;
    m_raster = std::move(raster);
    m_current.reset();
    m_overview = m_image = {};
    place();
    if (m_raster && !same) {
        m_from = 0;
        m_to = std::min(kAtFirst, double(m_raster->range.size()));
        follow();
    }
    update();
    emit readoutChanged();
}

void TimelineArea::place()
{
    const QFontMetricsF metrics(font());
    double left = 0;
    if (m_raster) {
        left = metrics.horizontalAdvance(QString::number(m_raster->experts ? m_raster->rows() : 9999)) + 14;
    }
    const double strip = std::clamp(height() * 0.15, 10.0, 28.0);
    m_strip = QRectF(left, 4, std::max(width() - left - 10.0, 10.0), strip);
    const double below = std::ceil(metrics.height()) + 8;
    m_plot =
        QRectF(left, m_strip.bottom() + 6, m_strip.width(), std::max(height() - m_strip.bottom() - 6 - below, 10.0));
    m_overview = m_image = {};
}

void TimelineArea::fit()
{
    if (m_raster)
        setSeen(0, double(m_raster->range.size()));
}

void TimelineArea::setSeen(double from, double to)
{
    if (!m_raster)
        return;
    const auto all = double(m_raster->range.size());
    const double span = std::clamp(to - from, std::min(kFewest, all), all);
    from = std::clamp(from, 0.0, all - span);
    if (from == m_from && from + span == m_to)
        return;
    m_from = from;
    m_to = from + span;
    m_image = {};
    update();
    emit readoutChanged();
}

void TimelineArea::zoom(double factor, double centre)
{
    const double from = centre - (centre - m_from) * factor;
    setSeen(from, from + (m_to - m_from) * factor);
}

/// The cursor stays in sight.
void TimelineArea::follow()
{
    const auto here = m_cursor.here();
    if (m_raster && here && *here >= m_raster->range.begin && *here < m_raster->range.end) {
        const auto column = double(here->value - m_raster->range.begin.value);
        const double span = m_to - m_from;
        if (column < m_from || column + 1 > m_to)
            setSeen(column - span / 3, column - span / 3 + span);
    }
    update();
}

double TimelineArea::columnAt(double x) const
{
    return m_from + (x - m_plot.left()) / m_plot.width() * (m_to - m_from);
}

double TimelineArea::xOf(double column) const
{
    return m_plot.left() + (column - m_from) / (m_to - m_from) * m_plot.width();
}

std::optional<TimelineArea::Cell> TimelineArea::cellAt(const QPointF& position) const
{
    if (!m_raster || m_raster->rows() == 0 || !m_plot.contains(position))
        return {};
    const auto row = std::size_t((position.y() - m_plot.top()) / m_plot.height() * double(m_raster->rows()));
    const double column = columnAt(position.x());
    if (row >= m_raster->rows() || column < 0 || column >= double(m_raster->range.size()))
        return {};
    return Cell{row, TokenIndex(m_raster->range.begin.value + std::uint64_t(column))};
}

QRectF TimelineArea::placeOf(const Cell& cell) const
{
    if (!m_raster || cell.token < m_raster->range.begin || cell.token >= m_raster->range.end)
        return {};
    const auto column = double(cell.token.value - m_raster->range.begin.value);
    if (column + 1 <= m_from || column >= m_to)
        return {};
    const double row = m_plot.height() / double(std::max<std::size_t>(m_raster->rows(), 1));
    return {xOf(column), m_plot.top() + double(cell.row) * row, xOf(column + 1) - xOf(column), row};
}

bool TimelineArea::isReduced() const
{
    return m_raster && (m_to - m_from > m_plot.width() || double(m_raster->rows()) > m_plot.height());
}

QString TimelineArea::readout() const
{
    const KeptTokensPtr kept = m_cursor.kept();
    if (!m_current || !m_raster || !kept)
        return {};
    const RoutingShape& shape = kept->shape();
    const Subject at = m_raster->subject(m_current->row, m_current->token);
    const SiteIndex site = m_raster->experts ? m_raster->site : SiteIndex(std::uint16_t(m_current->row));
    const Sequence& sequence = shape.sequences[std::size_t(m_raster->sequence)];
    const auto column = std::size_t(m_current->token.value - m_raster->range.begin.value);
    const QString text = column < m_raster->texts.size() ? m_raster->texts[column] : QString();
    const QString token = "token " + countText(m_current->token.value - sequence.begin.value)
        + (text.isEmpty() ? QString() : QString::fromUtf8(" “") + text + QString::fromUtf8("”")) + " of "
        + sequenceHead(shape, m_raster->sequence).name;
    QString what;
    if (m_raster->experts)
        what = "expert " + QString::number(m_current->row)
            + (at.expert
                    ? m_raster->strips.at(m_current->row, column) == 1 ? ": first choice" : ": chosen behind the first"
                    : ": not chosen");
    else
        what = at.expert ? "expert " + QString::number(at.expert->value) + " first" : QString("chooses no expert");
    return joinedReadout({siteText(shape, site), token, what});
}

QImage TimelineArea::render(double from, double to, const QRectF& place) const
{
    const double ratio = devicePixelRatioF();
    const QSize pixels(std::max(1, int(place.width() * ratio)), std::max(1, int(place.height() * ratio)));
    QImage image = timelineImage(m_raster->strips, from, to, pixels, screenStyle(screenColours(), font()));
    image.setDevicePixelRatio(ratio);
    return image;
}

/// Dark inside light where a token is, over all rows; pinned ones in the accent.
void TimelineArea::drawColumn(QPainter& painter, TokenIndex token, bool pinned) const
{
    const QRectF top = placeOf({0, token});
    if (top.isEmpty())
        return;
    const Style style = screenStyle(screenColours(), font());
    const QRectF column(top.left(), m_plot.top() - 1, std::max(top.width(), 2.0), m_plot.height() + 1);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(pinned ? style.halo : QColor(Qt::white), pinned ? 4 : 3));
    painter.drawRect(column);
    painter.setPen(QPen(pinned ? style.accent : QColor(Qt::black), pinned ? 2 : 1));
    painter.drawRect(column);
}

void TimelineArea::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const Style style = screenStyle(screenColours(), font());
    painter.fillRect(rect(), style.background);
    const KeptTokensPtr kept = m_cursor.kept();
    if (m_raster && kept && m_raster->rows() > 0) {
        const auto all = double(m_raster->range.size());
        if (m_overview.isNull())
            m_overview = render(0, all, m_strip);
        if (m_image.isNull())
            m_image = render(m_from, m_to, m_plot);
        painter.drawImage(m_strip.topLeft(), m_overview);
        painter.drawImage(m_plot.topLeft(), m_image);
        // What the filters leave out is pale.
        QColor veil = style.background;
        veil.setAlphaF(0.75f);
        for (auto column = std::uint64_t(m_from); !kept->everything() && column < std::uint64_t(std::ceil(m_to));
             ++column) {
            if (m_to - m_from <= 4 * m_plot.width() && !kept->has(TokenIndex(m_raster->range.begin.value + column)))
                painter.fillRect(QRectF(QPointF(xOf(double(column)), m_plot.top()),
                                     QPointF(xOf(double(column + 1)), m_plot.bottom())),
                    veil);
        }
        drawTimelineAxes(painter, *m_raster, kept->shape(), m_plot, m_from, m_to, style);
        const double left = m_strip.left() + m_from / all * m_strip.width(),
                     right = m_strip.left() + m_to / all * m_strip.width();
        painter.fillRect(QRectF(m_strip.topLeft(), QPointF(left, m_strip.bottom())), veil);
        painter.fillRect(QRectF(QPointF(right, m_strip.top()), m_strip.bottomRight()), veil);
        painter.setPen(QPen(style.accent, 1));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(
            QRectF(QPointF(left, m_strip.top() - 1), QPointF(std::max(right, left + 2), m_strip.bottom())));
        if (const auto here = m_cursor.here(); here && *here >= m_raster->range.begin && *here < m_raster->range.end) {
            const double x =
                m_strip.left() + (double(here->value - m_raster->range.begin.value) + 0.5) / all * m_strip.width();
            painter.setPen(QPen(Qt::white, 3));
            painter.drawLine(QPointF(x, m_strip.top()), QPointF(x, m_strip.bottom()));
            painter.setPen(QPen(Qt::black, 1));
            painter.drawLine(QPointF(x, m_strip.top()), QPointF(x, m_strip.bottom()));
        }
        painter.save();
        painter.setClipRect(m_plot.adjusted(-2, -2, 2, 2));
        for (const Subject& pin : m_session.selection().pins()) {
            if (pin.token)
                drawColumn(painter, *pin.token, true);
        }
        const auto hovered = m_session.selection().hovered().token;
        if (const auto token = hovered ? hovered : m_cursor.here())
            drawColumn(painter, *token, false);
        painter.restore();
    }
    if (m_focusShown) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(style.accent, 2));
        painter.drawRect(rect().adjusted(1, 1, -1, -1));
    }
}

void TimelineArea::resizeEvent(QResizeEvent*)
{
    place();
}

void TimelineArea::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) {
        place();
        update();
    }
}

void TimelineArea::point(std::optional<Cell> cell)
{
    if (cell == m_current)
        return;
    m_current = cell;
    Subject at;
    if (m_raster && cell) {
        at = m_raster->subject(cell->row, cell->token);
        if (at.empty())
            at = {.sequence = m_raster->sequence, .token = cell->token};
    }
    m_session.selection().hover(at, this);
    emit readoutChanged();
}

bool TimelineArea::event(QEvent* event)
{
    if (event->type() == QEvent::ShortcutOverride) {
        const auto* const key = static_cast<QKeyEvent*>(event);
        const int known[] = {Qt::Key_Space, Qt::Key_Comma, Qt::Key_Period, Qt::Key_W, Qt::Key_S, Qt::Key_A, Qt::Key_D};
        if (!(key->modifiers() & ~Qt::KeypadModifier) && std::ranges::find(known, key->key()) != std::end(known)) {
            event->accept();
            return true;
        }
    }
    return QWidget::event(event);
}

void TimelineArea::keyPressEvent(QKeyEvent* event)
{
    const double span = m_to - m_from, middle = (m_from + m_to) / 2;
    switch (event->key()) {
    case Qt::Key_Left:
    case Qt::Key_Comma:
        m_cursor.step(-1);
        break;
    case Qt::Key_Right:
    case Qt::Key_Period:
        m_cursor.step(1);
        break;
    case Qt::Key_Space:
        m_cursor.setPlaying(!m_cursor.playing());
        break;
    case Qt::Key_W:
        zoom(0.8, middle);
        break;
    case Qt::Key_S:
        zoom(1.25, middle);
        break;
    case Qt::Key_A:
        setSeen(m_from - span / 10, m_to - span / 10);
        break;
    case Qt::Key_D:
        setSeen(m_from + span / 10, m_to + span / 10);
        break;
    case Qt::Key_Backspace:
        m_session.filters().pop();
        break;
    default:
        QWidget::keyPressEvent(event);
    }
}

void TimelineArea::wheelEvent(QWheelEvent* event)
{
    zoom(std::pow(0.85, event->angleDelta().y() / 120.0), columnAt(event->position().x()));
    point(cellAt(event->position()));
    event->accept();
}

void TimelineArea::mousePressEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton || !m_raster)
        return;
    m_pressed = event->position();
    m_pressedFrom = m_from;
    m_dragged = false;
    m_inStrip = event->position().y() < m_strip.bottom() + 3;
    if (m_inStrip)
        mouseMoveEvent(event);
}

void TimelineArea::mouseMoveEvent(QMouseEvent* event)
{
    const QPointF at = event->position();
    if (!m_pressed || !m_raster)
        return point(cellAt(at));
    const double span = m_to - m_from;
    if (m_inStrip) {
        const double column = (at.x() - m_strip.left()) / m_strip.width() * double(m_raster->range.size());
        return setSeen(column - span / 2, column + span / 2);
    }
    if ((at - *m_pressed).manhattanLength() > QApplication::startDragDistance())
        m_dragged = true;
    if (m_dragged) {
        const double from = m_pressedFrom - (at.x() - m_pressed->x()) / m_plot.width() * span;
        setSeen(from, from + span);
    }
}

void TimelineArea::mouseReleaseEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton || !m_pressed)
        return;
    m_pressed.reset();
    if (m_inStrip || m_dragged || !m_raster)
        return;
    const auto cell = cellAt(event->position());
    if (!cell)
        return;
    const Subject at = m_raster->subject(cell->row, cell->token);
    if (event->modifiers() & Qt::ShiftModifier) {
        m_session.selection().pin(at, this);
    } else {
        m_cursor.put(cell->token);
        m_session.selection().choose(at, this);
    }
}

void TimelineArea::leaveEvent(QEvent*)
{
    point({});
}

void TimelineArea::focusInEvent(QFocusEvent* event)
{
    m_focusShown = event->reason() == Qt::TabFocusReason || event->reason() == Qt::BacktabFocusReason
        || event->reason() == Qt::ShortcutFocusReason;
    update();
}

void TimelineArea::focusOutEvent(QFocusEvent*)
{
    m_focusShown = false;
    update();
}

}
