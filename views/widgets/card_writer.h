// SPDX-License-Identifier: GPL-3.0-or-later
//
// Words, numbers and links of a card as rich text: one look for all cards.
#pragma once

#include "views/charts/subject.h"

#include <QString>
#include <QStringList>

#include <vector>

namespace expertscope {

/// What a link leads to: its subject is pinned, and of a filtering one also the tokens of its label value are kept.
struct CardLink
{
    Subject subject;
    bool filters = false;
    QString readout = {}; ///< where it is pointed at
};

struct Card
{
    QString html;
    std::vector<CardLink> links; ///< "link:3" is the third
};

/// Colours are those of the theme at that moment: write anew when it changes.
class CardWriter
{
public:
    CardWriter();

    /// Rich text of plain text. `tip`: shown where the mouse rests; may be empty.
    static QString plain(const QString& text, const QString& tip = {});
    /// The same of a name for a narrow column: a long one loses its middle, the tip has all of it.
    static QString brief(const QString& name);
    QString faint(const QString& text, const QString& tip = {}) const;
    QString strong(const QString& text) const;
    QString marked(const QString& text) const; ///< on a ground of its own
    /// A link with this text; that is rich already.
    QString link(const QString& rich, const CardLink& link);
    /// "–", and why on hover.
    QString undefined(const QString& reason) const;

    void title(const QString& rich);
    void heading(const QString& text, const QString& tip = {});
    void paragraph(const QString& rich);
    void note(const QString& text); ///< beside the point: small and faint
    /// A row of name and value, as many as follow each other in one table.
    void fact(const QString& name, const QString& rich, const QString& tip = {});

    struct Column
    {
        QString title, tip = {};
        bool number = true; ///< to the right; else to the left
    };
    void table(const std::vector<Column>& columns, const std::vector<QStringList>& rows);
    /// A bar of a share of the width, in a cell of a table. `share` in [0, 1].
    QString bar(double share) const;

    Card card();

private:
    void endFacts();

    QString m_text, m_faint, m_accent, m_line, m_ground;
    QString m_html;
    struct Fact
    {
        QString name, rich, tip;
    };
    std::vector<Fact> m_facts; ///< the table that is not ended yet
    std::vector<CardLink> m_links;
};

}
