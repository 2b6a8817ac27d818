// SPDX-License-Identifier: GPL-3.0-or-later
//
// A view of words and numbers with links, and its states: nothing asked yet, on its way, the card, an error.
#pragma once

#include "views/panels/view.h"
#include "views/session/session.h"
#include "views/widgets/card_view.h"

class QHBoxLayout;
class QLabel;
class QProgressBar;
class QStackedWidget;
class QTimer;
class QToolButton;

namespace expertscope {

class StatePage;
class Veil;

/// What it shows follows the study, the filters and, where a subclass says so, the pins. It asks when it is seen, and
/// keeps the old card, dimmed, until the new one is there.
class CardPanel : public View
{
    Q_OBJECT
public:
    /// `nothing`: its text while nothing is open.
    CardPanel(Session& session, const QString& nothing, QWidget* parent);

    bool stop() override;
    QString readout() const override { return m_card->readout(); }
    QSize minimumSizeHint() const override { return {140, 80}; }

    CardView* card() const { return m_card; }
    bool showsCard() const;
    QString stateText() const; ///< what stands in place of a card; empty: the card is shown
    /// What it shows is not yet of what is looked at.
    bool loading() const { return m_session.waits(this) || pending(); }

protected:
    /// Asks the session in the name of `this`, and comes to one of the three below; a study is open.
    virtual void request() = 0;
    /// request() will ask, but not yet: a question that costs more than most.
    virtual bool pending() const { return false; }
    /// Writes the card of what is known; empty html: nothing is.
    virtual Card write() const = 0;

    /// request(), now or when it is seen.
    void ask();
    void showEmpty(const QString& text);
    void showError(const Error& error);
    void showCard(); ///< that of write()
    /// Of the answer to a question: the card or the error.
    template <class T> void take(const Expected<T>& answer, T& kept)
    {
        setLoading(false);
        if (!answer)
            return showError(answer.error());
        kept = *answer;
        showCard();
    }
    void setLoading(bool loading);

    Session& session() const { return m_session; }
    QHBoxLayout* head(); ///< what stands over the card; no row of it before it was asked for

    void showEvent(QShowEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void showState(StatePage* page, QLabel* label, const QString& text);

    Session& m_session;
    QString m_nothing;
    bool m_stale = true; ///< asks when it is seen
    QWidget* m_headRow = nullptr;
    QHBoxLayout* m_head = nullptr;
    QStackedWidget* m_pages = nullptr;
    StatePage *m_empty = nullptr, *m_failed = nullptr;
    QLabel *m_emptyLabel = nullptr, *m_errorLabel = nullptr;
    CardView* m_card = nullptr;
    Veil* m_veil = nullptr;
    QProgressBar* m_progress = nullptr;
    QToolButton* m_stop = nullptr;
    QTimer* m_dimLater = nullptr;
};

}
