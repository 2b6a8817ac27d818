// SPDX-License-Identifier: GPL-3.0-or-later
//
// The text of all kept sequences, one below the other, seen through a window of some height: only what is in the window
// is asked of the store and broken into lines, the rest has heights that are thought.
#pragma once

#include "views/tokens/data/part_store.h"
#include "views/tokens/lines/part_column.h"
#include "views/tokens/lines/text_lines.h"

#include <QPointF>
#include <QRectF>

namespace expertscope {

class TextDocument
{
public:
    explicit TextDocument(PartStore& store);

    /// Null: nothing to show. `stay`: at the token that is at the top, or at the next one that is kept; else from the
    /// top.
    void setTokens(KeptTokensPtr kept, bool stay = true);
    const KeptTokensPtr& kept() const { return m_kept; }
    /// `width` of the lines, `rows` of colours under each; stays at the token that is at the top.
    void setLook(const QFont& font, double width, std::size_t rows);
    void setWindow(int height);

    int lineHeight() const { return m_text + m_gap + int(m_rows) * m_strip; }
    int textHeight() const { return m_text; }
    int stripHeight() const { return m_strip; }
    PieceWidths& widths() { return m_widths; }

    struct Visible
    {
        TextPart part;
        int top = 0; ///< of the window; of the head line where the part has one
        int textTop = 0; ///< of its first line
        int height = 0;
        TokenTextsPtr texts; ///< null: not read yet
        const TextLines* lines = nullptr; ///< null: not read yet; valid until the next change
    };
    /// From top to bottom; what has arrived since the last call is laid out.
    const std::vector<Visible>& visible();
    /// The parts just before and behind those: worth reading next.
    std::vector<TextPart> beside() const;

    std::int64_t total() const { return m_column.total(); }
    std::int64_t top() const; ///< of the window, from the top of all
    void scrollTo(std::int64_t top);
    void scrollBy(std::int64_t pixels);
    /// So that it is seen, now or once it is read. False: its sequence is left out.
    enum class Where
    {
        Nearest, ///< as little scrolling as needed
        Middle,
        Top
    };
    bool reveal(TokenIndex token, Where where = Where::Nearest);

    struct Hit
    {
        TokenIndex token;
        std::size_t row = 0; ///< 0: the text; else the row below it
    };
    /// In coordinates of the lines: x from the left of the text, y from the top of the window.
    std::optional<Hit> hit(const QPointF& at);
    std::optional<SequenceIndex> headAt(double y);
    /// The token of the line there that is nearest: for drags that leave the text.
    std::optional<TokenIndex> nearest(const QPointF& at);
    /// Of a token in the window; none: it is not there, or not read.
    std::optional<QRectF> placeOf(TokenIndex token);
    /// The token in the line `lines` further on that is most nearly below it; none: not read, or there is no such line.
    std::optional<TokenIndex> vertical(TokenIndex token, int lines);
    /// The first token in the window that is read.
    std::optional<TokenIndex> firstVisible();

private:
    struct Laid
    {
        TokenTextsPtr texts;
        TextLines lines;
        std::uint64_t used = 0;
    };
    Laid* laidOut(std::size_t at);
    void estimate();
    void normalise();
    void update();
    bool settleReveal();
    int headOf(std::size_t at) const;
    double tokensInLine() const;

    PartStore& m_store;
    KeptTokensPtr m_kept;
    PartColumn m_column;
    PieceWidths m_widths;
    double m_width = 400;
    std::size_t m_rows = 0;
    int m_window = 300;
    int m_text = 20, m_gap = 4, m_strip = 8, m_head = 30;
    double m_meanWidth = 0; ///< of a token; 0: none was seen yet

    std::size_t m_first = 0; ///< part at the top of the window
    std::int64_t m_offset = 0; ///< of the window's top in it
    std::optional<TokenIndex> m_reveal; ///< not read yet
    Where m_where = Where::Nearest;
    std::map<std::size_t, Laid> m_laid;
    std::vector<bool> m_known; ///< [parts] its height is no guess
    std::uint64_t m_clock = 0;
    std::vector<Visible> m_visible;
    bool m_dirty = true;
};

}
