// SPDX-License-Identifier: GPL-3.0-or-later
//
// The text of the trace in a scroll area: only what is in sight is read and drawn.
#pragma once

#include "views/session/session.h"
#include "views/tokens/data/token_cursor.h"
#include "views/tokens/data/token_quantity.h"
#include "views/tokens/data/token_words.h"
#include "views/tokens/lines/text_document.h"
#include "views/tokens/widgets/text_painter.h"

#include <QAbstractScrollArea>

namespace expertscope {

/// Shows; what mouse and keys do is TextHands'.
class TextArea final : public QAbstractScrollArea
{
    Q_OBJECT
public:
    explicit TextArea(Session& session, QWidget* parent = nullptr);

    /// What colours mean; which sites it reads and shows as rows follows from that.
    void setColours(TokenColours colours);
    const TokenColours& colours() const { return m_colours; }
    /// Null: nothing to show.
    void setTokens(KeptTokensPtr kept);

    /// Found tokens, in order; shared with who searches. `match`: the one that was gone to.
    void setMatches(std::shared_ptr<const std::vector<TokenRange>> matches, std::optional<TokenRange> match);
    void reveal(TokenIndex token);

    /// What the mouse is on, else the cursor: a token, or the head of a sequence.
    Subject subject() const;
    QString readout() const;
    /// The id of the token of subject(); none: it is not known.
    std::optional<std::int32_t> idAtCursor() const;
    /// Dragged over; none: nothing.
    std::optional<TokenRange> selected() const { return m_marks.selected; }
    void select(std::optional<TokenRange> range);
    /// What is under the mouse, in coordinates of the viewport; none: it is elsewhere.
    void pointAt(std::optional<QPointF> position);
    /// What a sign, or a row, stands for; empty: nothing is to be said there.
    QString tipAt(const QPointF& position);
    void pin(bool beside); ///< subject()
    void scrollPixels(int pixels);
    void showFocus(bool shown);
    /// The selection; else the sequence at the cursor, or at the top: what is copied.
    std::optional<TokenRange> chosenRange();
    /// "doc3: tokens 120 to 480 of 900": what is in sight.
    QString note();

    TextDocument& document() { return m_document; } ///< for tests, too
    const PartStore& store() const { return m_store; }
    PartStore& store() { return m_store; }
    int margin() const { return m_margin; } ///< left of the lines
    const TextMarks& marks() const { return m_marks; }

    QSize sizeHint() const override { return {560, 320}; }
    QSize minimumSizeHint() const override { return {160, 80}; }

signals:
    void currentChanged(); ///< subject(), readout()
    void scrolled(); ///< note()
    void failed(const QString& why); ///< reading
    void selectionChanged();

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void scrollContentsBy(int dx, int dy) override;
    void changeEvent(QEvent* event) override;

private:
    struct Pointed
    {
        std::optional<TextDocument::Hit> token;
        std::optional<SequenceIndex> head;
        bool operator==(const Pointed& other) const;
    };
    Pointed pointedAt(const QPointF& position);
    void point(const Pointed& pointed);
    void shareHover();
    void relayout();
    void updateBar();
    void wish();
    void followCursor();
    SiteIndex siteOf(const Pointed& pointed) const;
    std::optional<TokenIndex> tokenOf(const Pointed& pointed) const;
    Subject subjectOf(const Pointed& pointed) const;
    KnownToken known(TokenIndex token, SiteIndex site) const;

    Session& m_session;
    TokenCursor& m_cursor;
    PartStore m_store;
    TextDocument m_document;
    KeptTokensPtr m_kept;
    QStringList m_paths; ///< of what is shown
    TokenColours m_colours;
    std::shared_ptr<const std::vector<TokenRange>> m_matches;
    TextMarks m_marks;
    Pointed m_pointed;
    std::optional<TokenIndex> m_followed; ///< where the cursor was last
    bool m_focusShown = false, m_settingBar = false, m_hoverIsOurs = false;
    int m_margin = 60;
    std::int64_t m_barScale = 1; ///< pixels a step of the scroll bar
};

}
