// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "views/charts/subject.h"
#include "views/paint/style.h"
#include "views/tokens/data/token_quantity.h"
#include "views/tokens/lines/text_document.h"

#include <QPainter>

#include <vector>

namespace expertscope {

/// What is to be seen besides the text itself.
struct TextMarks
{
    std::vector<Subject> pins;
    Subject hovered; ///< anywhere
    std::optional<TokenIndex> cursor;
    std::optional<TokenRange> selected;
    std::vector<TokenRange> matches; ///< in order; only those that may be in sight
    std::optional<TokenRange> match; ///< the one that was gone to
};

/// Paints what a document shows. Filtered-out tokens are pale, pinned experts underlined, pinned tokens and the cursor
/// outlined, matches framed.
class TextPainter
{
public:
    /// `left`: where lines begin, right of the numbers of their first tokens; all must outlive it.
    TextPainter(QPainter& painter, TextDocument& document, const PartStore& store, const TokenColours& colours,
        const TextMarks& marks, const Style& style, int left);

    void paint(int width);

    /// Room for the largest number of a token in its sequence.
    static int marginOf(const RoutingShape& shape, const QFontMetricsF& metrics);

private:
    void head(const TextDocument::Visible& part, int width);
    void waiting(const TextDocument::Visible& part, int width);
    void tokens(const TextDocument::Visible& part, int height);
    void token(const TextDocument::Visible& part, std::size_t t, const QRectF& box);
    void text(const ShownPiece& piece, const QRectF& box, bool cut);
    /// With joiners where Arabic and its kin go on in a neighbour, so that letters keep the forms they have in the
    /// word.
    ShownPiece joined(const TextDocument::Visible& part, std::size_t t) const;
    void rows(const TextDocument::Visible& part, std::size_t t, const QRectF& box);
    void outlines(const TextDocument::Visible& part, std::size_t t, const QRectF& box);
    std::optional<QColor> colourOf(const TextDocument::Visible& part, SiteIndex site, std::size_t t) const;
    bool chooses(std::size_t t, const Subject& subject, bool firstOnly) const;
    QColor pale(const QColor& colour) const;

    QPainter& m_painter;
    TextDocument& m_document;
    const PartStore& m_store;
    const TokenColours& m_colours;
    const TextMarks& m_marks;
    const Style& m_style;
    int m_left;
    // Of the part that is being painted.
    std::map<SiteIndex, SiteChoicesPtr> m_choices;
    std::map<SiteIndex, ExpertRanksPtr> m_ranks;
};

}
