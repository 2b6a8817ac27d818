// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/panels/card_panel.h"

#include "views/widgets/job_controls.h"
#include "views/widgets/state_pages.h"
#include "views/widgets/veil.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QStackedWidget>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>

namespace expertscope {

namespace {

constexpr int kStopMargin = 20; ///< the scroll bar stays free

}

CardPanel::CardPanel(Session& session, const QString& nothing, QWidget* parent)
    : View(parent)
    , m_session(session)
    , m_nothing(nothing)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    m_headRow = new QWidget(this);
    m_head = new QHBoxLayout(m_headRow);
    m_head->setContentsMargins(8, 4, 8, 4);
    m_head->setSpacing(4);
    m_headRow->hide();
    layout->addWidget(m_headRow);
    m_progress = loadingBar(this);
    layout->addWidget(m_progress);

    m_pages = new QStackedWidget(this);
    layout->addWidget(m_pages, 1);
    m_empty = new StatePage(this);
    m_emptyLabel = m_empty->addText(nothing, "cardEmpty");
    m_emptyLabel->setProperty("faint", true);
    m_pages->addWidget(m_empty);
    m_card = new CardView(session, this);
    m_pages->addWidget(m_card);
    m_veil = new Veil(m_card);
    m_failed = new StatePage(this);
    m_errorLabel = m_failed->addText({}, "cardError");
    m_errorLabel->setProperty("faint", true);
    connect(m_failed->addButton("Try again", "cardRetry"), &QPushButton::clicked, this, &CardPanel::ask);
    m_pages->addWidget(m_failed);
    focusFollowsPage(this, m_pages, m_card);
    m_stop = stopButton(m_pages); // over the corner: nothing moves when a job ends
    m_stop->setAutoFillBackground(true); // it lies on text
    connect(m_stop, &QToolButton::clicked, this, &CardPanel::stop);

    m_dimLater = new QTimer(this);
    m_dimLater->setSingleShot(true);
    m_dimLater->setInterval(kPatienceMs);
    connect(m_dimLater, &QTimer::timeout, this, [this] {
        m_veil->setGeometry(m_card->rect());
        m_veil->show();
        m_veil->raise();
    });
    setLoading(false);

    connect(&session, &Session::opened, this, [this] {
        if (!m_session.sameTrace()) // else the old card stays until the next
            showEmpty(m_nothing);
        ask();
    });
    connect(&session, &Session::traceChosen, this, [this] { showEmpty(m_nothing); }); // it asks when the filters follow
    connect(&session.filters(), &FilterStack::changed, this, &CardPanel::ask);
    connect(&session, &Session::progressed, this, [this](QObject* asker, double fraction) {
        if (asker == this)
            m_progress->setValue(int(fraction * 1000));
    });
    connect(m_card, &CardView::readoutChanged, this, &View::readoutChanged);
}

QHBoxLayout* CardPanel::head()
{
    m_headRow->show();
    return m_head;
}

void CardPanel::showEvent(QShowEvent* event)
{
    View::showEvent(event);
    if (m_stale)
        ask();
}

void CardPanel::changeEvent(QEvent* event)
{
    View::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_pages && showsCard())
        m_card->setCard(write()); // in the colours of another theme
}

void CardPanel::ask()
{
    m_stale = true;
    if (!m_session.study() || !m_session.filters().shape())
        return showEmpty(m_nothing);
    if (!isVisible()) {
        m_session.cancel(this);
        return setLoading(false);
    }
    m_stale = false;
    request();
    const bool waits = loading();
    if (waits && !showsCard()) {
        m_emptyLabel->setText("Computing …");
        m_pages->setCurrentWidget(m_empty);
    }
    setLoading(waits);
}

bool CardPanel::stop()
{
    if (!m_session.waits(this))
        return false;
    m_session.cancel(this);
    setLoading(false);
    showError({"stopped before it was computed", {}, {}});
    return true;
}

bool CardPanel::showsCard() const
{
    return m_pages->currentWidget() == m_card;
}

QString CardPanel::stateText() const
{
    if (showsCard())
        return {};
    return m_pages->currentWidget() == m_failed ? m_errorLabel->text() : m_emptyLabel->text();
}

void CardPanel::showState(StatePage* page, QLabel* label, const QString& text)
{
    label->setText(text);
    m_card->setCard({}); // numbers of other tokens
    m_pages->setCurrentWidget(page);
    emit contentChanged();
}

void CardPanel::showEmpty(const QString& text)
{
    m_session.cancel(this);
    setLoading(false);
    showState(m_empty, m_emptyLabel, text);
}

void CardPanel::showError(const Error& error)
{
    showState(m_failed, m_errorLabel, QString::fromStdString(error.message()));
}

void CardPanel::showCard()
{
    m_card->setCard(write());
    m_pages->setCurrentWidget(m_card);
    emit contentChanged();
}

void CardPanel::setLoading(bool loading)
{
    m_stop->setVisible(loading);
    if (loading) {
        const QSize size = m_stop->sizeHint();
        m_stop->setGeometry(m_pages->width() - size.width() - kStopMargin, 4, size.width(), size.height());
        m_stop->raise();
        if (!m_dimLater->isActive() && !m_veil->isVisible())
            m_progress->setValue(0);
        m_dimLater->start();
        return;
    }
    m_progress->reset();
    m_dimLater->stop();
    m_veil->hide();
}

}
