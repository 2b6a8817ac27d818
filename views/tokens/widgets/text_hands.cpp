// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/tokens/widgets/text_hands.h"

#include <QApplication>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QScrollBar>
#include <QToolTip>
#include <QWheelEvent>

#include <algorithm>

namespace expertscope {

namespace {

TokenRange between(TokenIndex a, TokenIndex b)
{
    return {std::min(a, b), TokenIndex(std::max(a, b).value + 1)};
}

}

TextHands::TextHands(Session& session, TextArea& area)
    : QObject(&area)
    , m_session(session)
    , m_area(area)
    , m_cursor(TokenCursor::of(session))
{
    area.installEventFilter(this);
    area.viewport()->installEventFilter(this);
}

bool TextHands::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == &m_area) {
        switch (event->type()) {
        case QEvent::ShortcutOverride:
            if (!handles(*static_cast<QKeyEvent*>(event)))
                return false;
            event->accept();
            return true;
        case QEvent::KeyPress:
            return key(*static_cast<QKeyEvent*>(event));
        case QEvent::FocusIn: {
            const auto reason = static_cast<QFocusEvent*>(event)->reason();
            m_area.showFocus(
                reason == Qt::TabFocusReason || reason == Qt::BacktabFocusReason || reason == Qt::ShortcutFocusReason);
            return false;
        }
        case QEvent::FocusOut:
            m_area.showFocus(false);
            return false;
        default:
            return false;
        }
    }
    switch (event->type()) {
    case QEvent::MouseButtonPress:
    case QEvent::MouseMove:
    case QEvent::MouseButtonRelease:
        return mouse(event->type(), *static_cast<QMouseEvent*>(event));
    case QEvent::Leave:
        m_area.pointAt({});
        return false;
    case QEvent::Wheel: {
        const auto* const wheel = static_cast<QWheelEvent*>(event);
        if (wheel->modifiers() & Qt::ControlModifier)
            return false;
        m_area.scrollPixels(!wheel->pixelDelta().isNull()
                ? -wheel->pixelDelta().y()
                : -wheel->angleDelta().y() * QApplication::wheelScrollLines() * m_area.document().textHeight() / 120);
        m_area.pointAt(wheel->position());
        event->accept();
        return true;
    }
    case QEvent::ToolTip: {
        const auto* const help = static_cast<QHelpEvent*>(event);
        QToolTip::showText(help->globalPos(), m_area.tipAt(help->pos()), m_area.viewport());
        return true;
    }
    case QEvent::ContextMenu:
        return true; // the mouse's comes by its release, the keyboard's by Key_Menu
    default:
        return false;
    }
}

bool TextHands::mouse(QEvent::Type type, QMouseEvent& event)
{
    const QPointF at = event.position();
    if (type == QEvent::MouseButtonPress && event.button() == Qt::LeftButton) {
        m_area.setFocus(Qt::MouseFocusReason);
        m_pressed = at;
        m_dragging = false;
        m_from = m_area.document().nearest(at - QPointF(m_area.margin(), 0));
        return true;
    }
    if (type == QEvent::MouseMove) {
        if (m_pressed && (at - *m_pressed).manhattanLength() > QApplication::startDragDistance())
            m_dragging = true;
        if (m_pressed && m_dragging)
            extend(at);
        else if (event.buttons() == Qt::NoButton)
            m_area.pointAt(at);
        return true;
    }
    if (type != QEvent::MouseButtonRelease)
        return false;
    m_area.pointAt(at);
    if (event.button() == Qt::RightButton) {
        emit menuRequested(event.globalPosition().toPoint());
        return true;
    }
    if (event.button() != Qt::LeftButton || !m_pressed)
        return false;
    m_pressed.reset();
    if (m_dragging) {
        m_dragging = false;
        if (const auto range = m_area.selected(); range && event.modifiers() & Qt::ShiftModifier) {
            m_area.select({});
            m_session.filters().add({*range, true});
        }
        return true;
    }
    m_area.select({});
    const Subject subject = m_area.subject();
    if (m_area.document().hit(at - QPointF(m_area.margin(), 0)) || !subject.token) {
        if (subject.token && !(event.modifiers() & Qt::ShiftModifier))
            m_cursor.put(subject.token);
        m_area.pointAt(at);
        m_area.pin(event.modifiers() & Qt::ShiftModifier);
    }
    return true;
}

/// The selection reaches to where the mouse is; beyond the window the text scrolls.
void TextHands::extend(const QPointF& position)
{
    const int height = m_area.viewport()->height();
    const double beyond = std::min(position.y(), 0.0) + std::max(position.y() - height, 0.0);
    if (beyond != 0)
        m_area.scrollPixels(int(std::clamp(beyond, -60.0, 60.0)));
    const QPointF inside(position.x(), std::clamp(position.y(), 0.0, double(height - 1)));
    const auto to = m_area.document().nearest(inside - QPointF(m_area.margin(), 0));
    if (to && m_from)
        m_area.select(between(*m_from, *to));
}

std::optional<TokenIndex> TextHands::beside(TokenIndex token, int by) const
{
    const KeptTokensPtr& kept = m_cursor.kept();
    if (!kept || (by < 0 && token.value == 0))
        return {};
    const TokenIndex next(token.value + std::uint64_t(std::int64_t(by)));
    if (next.value >= kept->shape().numTokens)
        return {};
    // Tokens that are left out are seen, but not the sequences.
    return kept->has(sequenceOf(kept->shape(), next)) ? next : by > 0 ? kept->next(next) : kept->previous(next);
}

void TextHands::move(std::optional<TokenIndex> to, bool selecting)
{
    if (!to)
        return;
    if (selecting) {
        if (!m_area.selected() || !m_from)
            m_from = m_cursor.here();
        m_area.select(between(m_from.value_or(*to), *to));
    } else {
        m_area.select({});
        m_from.reset();
    }
    m_cursor.put(to);
}

void TextHands::keepOrDrop(bool keep)
{
    if (const auto range = m_area.selected(); range && keep) {
        m_area.select({});
        m_session.filters().add({*range, true});
        return;
    }
    Subject subject = m_area.subject();
    if (subject.empty())
        subject = m_session.selection().chosen();
    if (keep)
        m_session.filters().keep(subject);
    else
        m_session.filters().drop(subject);
}

bool TextHands::handles(const QKeyEvent& event) const
{
    const bool plain = !(event.modifiers() & ~(Qt::ShiftModifier | Qt::KeypadModifier));
    switch (event.key()) {
    case Qt::Key_Space:
    case Qt::Key_Comma:
    case Qt::Key_Period:
    case Qt::Key_I:
    case Qt::Key_E:
    case Qt::Key_Backspace:
        return plain;
    case Qt::Key_Escape:
        return plain && m_area.selected();
    case Qt::Key_C:
        return event.matches(QKeySequence::Copy) && m_area.selected();
    case Qt::Key_A:
        return event.matches(QKeySequence::SelectAll);
    default:
        return false;
    }
}

bool TextHands::key(QKeyEvent& event)
{
    const KeptTokensPtr& kept = m_cursor.kept();
    if (!kept)
        return false;
    const bool shift = event.modifiers() & Qt::ShiftModifier, control = event.modifiers() & Qt::ControlModifier;
    TextDocument& document = m_area.document();
    const auto here = m_cursor.here();
    // Where it is nowhere, the first key puts it where one looks.
    const auto from = [&](auto to) { move(here ? to(*here) : document.firstVisible(), shift); };
    const int page = std::max(m_area.viewport()->height() / document.lineHeight() - 1, 1);
    const auto sequence = [&](TokenIndex token) {
        return rangeOf(kept->shape().sequences[std::size_t(sequenceOf(kept->shape(), token))]);
    };
    if (event.matches(QKeySequence::Copy) && m_area.selected()) {
        emit copyRequested();
        return true;
    }
    if (event.matches(QKeySequence::SelectAll)) {
        m_area.select({});
        m_area.select(m_area.chosenRange());
        return true;
    }
    switch (event.key()) {
    case Qt::Key_Left:
    case Qt::Key_Right:
        from([&](TokenIndex token) { return beside(token, event.key() == Qt::Key_Left ? -1 : 1); });
        return true;
    case Qt::Key_Up:
    case Qt::Key_Down:
        from([&](TokenIndex token) { return document.vertical(token, event.key() == Qt::Key_Up ? -1 : 1); });
        return true;
    case Qt::Key_PageUp:
    case Qt::Key_PageDown:
        m_area.scrollPixels((event.key() == Qt::Key_PageUp ? -page : page) * document.lineHeight());
        return true;
    case Qt::Key_Home:
        if (control)
            move(kept->next(TokenIndex(0)), shift);
        else
            from([&](TokenIndex token) { return std::optional(sequence(token).begin); });
        return true;
    case Qt::Key_End:
        if (control)
            move(kept->previous(TokenIndex(kept->shape().numTokens - 1)), shift);
        else
            from([&](TokenIndex token) { return std::optional(TokenIndex(sequence(token).end.value - 1)); });
        return true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        m_area.pin(shift);
        return true;
    case Qt::Key_I:
    case Qt::Key_E:
        keepOrDrop(event.key() == Qt::Key_I);
        return true;
    case Qt::Key_Backspace:
        m_session.filters().pop();
        return true;
    case Qt::Key_Space:
        if (!m_cursor.here())
            m_cursor.put(document.firstVisible());
        m_cursor.setPlaying(!m_cursor.playing());
        return true;
    case Qt::Key_Comma:
    case Qt::Key_Period:
        m_cursor.setPlaying(false);
        if (!m_cursor.here())
            m_cursor.put(document.firstVisible());
        else
            m_cursor.step(event.key() == Qt::Key_Comma ? -1 : 1);
        return true;
    case Qt::Key_Escape:
        if (!m_area.selected())
            return false;
        m_area.select({});
        return true;
    case Qt::Key_Menu: {
        const auto place = here ? document.placeOf(*here) : std::nullopt;
        const QPoint at =
            place ? place->center().toPoint() + QPoint(m_area.margin(), 0) : m_area.viewport()->rect().center();
        emit menuRequested(m_area.viewport()->mapToGlobal(at));
        return true;
    }
    default:
        return false;
    }
}

}
