// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "views/session/session.h"
#include "views/widgets/card_writer.h"

#include <QTextBrowser>

namespace expertscope {

/// Shows a card. A link that is clicked is pinned (with Shift: added to the pins), one that is pointed at lights up
/// everywhere. Right and Left go from link to link, Return follows one; Tab leaves the card.
class CardView final : public QTextBrowser
{
    Q_OBJECT
public:
    explicit CardView(Session& session, QWidget* parent = nullptr);

    /// Keeps its place where the card has the same height or more.
    void setCard(Card card);
    const Card& card() const { return m_card; }
    QString readout() const { return m_readout; } ///< of the link pointed at

signals:
    void readoutChanged();

protected:
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool focusNextPrevChild(bool next) override;

private:
    const CardLink* linkAt(const QUrl& url) const;
    void point(const QUrl& url);
    void follow(const QUrl& url);

    Session& m_session;
    Card m_card;
    QString m_readout;
};

}
