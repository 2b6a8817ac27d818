// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "views/tokens/widgets/text_area.h"

#include <QObject>

class QKeyEvent;
class QMouseEvent;

namespace expertscope {

/// What mouse and keys do in a text.
///
/// Mouse: click pins a token or the head of a sequence, with Shift beside the other pins; a drag selects tokens, with
/// Shift it filters to them; the wheel scrolls. Keys: arrows move the cursor, with Shift they select, Home and End go
/// to the ends of the sequence, with Ctrl of all; Enter pins, I and E keep and drop what is pointed at (I of a
/// selection: its tokens), Backspace takes out the last filter; Space plays, comma and full stop step; Esc takes back
/// the selection.
class TextHands final : public QObject
{
    Q_OBJECT
public:
    TextHands(Session& session, TextArea& area);

signals:
    void menuRequested(QPoint global);
    void copyRequested(); ///< of the selection

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    bool mouse(QEvent::Type type, QMouseEvent& event);
    bool key(QKeyEvent& event);
    bool handles(const QKeyEvent& event) const; ///< before shortcuts of the window
    void move(std::optional<TokenIndex> to, bool selecting);
    std::optional<TokenIndex> beside(TokenIndex token, int by) const;
    void extend(const QPointF& position);
    void keepOrDrop(bool keep);

    Session& m_session;
    TextArea& m_area;
    TokenCursor& m_cursor;
    std::optional<QPointF> m_pressed; ///< where a click began that has not become a drag
    std::optional<TokenIndex> m_from; ///< where a drag, or a selection by keys, began
    bool m_dragging = false;
};

}
