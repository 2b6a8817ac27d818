// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/widgets/card_view.h"

#include <QGuiApplication>
#include <QKeyEvent>
#include <QScrollBar>

namespace expertscope {

namespace {

constexpr const char* kScheme = "link";

}

CardView::CardView(Session& session, QWidget* parent)
    : QTextBrowser(parent)
    , m_session(session)
{
    setFrameShape(QFrame::NoFrame);
    setOpenLinks(false);
    setTabChangesFocus(false);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setTextInteractionFlags(Qt::TextBrowserInteraction);
    setAccessibleName("Card");
    document()->setDocumentMargin(10);
    connect(this, &QTextBrowser::anchorClicked, this, &CardView::follow);
    connect(this, &QTextBrowser::highlighted, this, &CardView::point);
}

void CardView::setCard(Card card)
{
    const int place = verticalScrollBar()->value();
    m_card = std::move(card);
    setHtml(m_card.html);
    verticalScrollBar()->setValue(place);
    point({});
}

const CardLink* CardView::linkAt(const QUrl& url) const
{
    bool known = false;
    const std::size_t number = url.scheme() == kScheme ? url.path().toULongLong(&known) : 0;
    return known && number < m_card.links.size() ? &m_card.links[number] : nullptr;
}

void CardView::point(const QUrl& url)
{
    const CardLink* const link = linkAt(url);
    const QString readout = link ? link->readout : QString();
    if (link || !m_readout.isEmpty())
        m_session.selection().hover(link ? link->subject : Subject(), this);
    if (readout == m_readout)
        return;
    m_readout = readout;
    emit readoutChanged();
}

void CardView::follow(const QUrl& url)
{
    const CardLink* const link = linkAt(url);
    if (!link)
        return;
    const CardLink copy = *link; // what follows may write another card
    if (copy.filters && copy.subject.label)
        m_session.filters().keep({.label = copy.subject.label});
    Subject subject = copy.subject;
    if (copy.filters)
        subject.label.reset();
    if (subject.empty())
        return;
    if (QGuiApplication::keyboardModifiers() & Qt::ShiftModifier)
        m_session.selection().pin(subject, this);
    else if (m_session.selection().pins() != std::vector{subject}) // choosing the only pin again would unpin it
        m_session.selection().choose(subject, this);
}

void CardView::keyPressEvent(QKeyEvent* event)
{
    if (event->key() != Qt::Key_Right && event->key() != Qt::Key_Left)
        return QTextBrowser::keyPressEvent(event);
    QTextBrowser::focusNextPrevChild(event->key() == Qt::Key_Right);
    QTextCursor focused = textCursor(); // selects the link; its format is that of the character before it
    focused.setPosition(focused.selectionEnd());
    point(QUrl(focused.charFormat().anchorHref()));
}

bool CardView::focusNextPrevChild(bool next)
{
    return QWidget::focusNextPrevChild(next); // some sixty links would be between this view and the next
}

void CardView::leaveEvent(QEvent* event)
{
    QTextBrowser::leaveEvent(event);
    point({});
}

}
