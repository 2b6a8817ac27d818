// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "views/session/session.h"
#include "views/tokens/data/growing_total.h"
#include "views/tokens/data/token_cursor.h"

#include <QWidget>

namespace expertscope {

/// The growing total: a bar an expert, how often the tokens passed since playing began chose it; those of the token at
/// the cursor in the accent. Hover says the numbers, click pins the expert.
class TotalBars final : public QWidget
{
    Q_OBJECT
public:
    explicit TotalBars(Session& session, QWidget* parent = nullptr);

    /// What is shown; none: the cursor is nowhere.
    const std::optional<GrowingTotal>& total() const { return m_total; }
    QString readout() const; ///< of the bar that is pointed at
    QString summary() const; ///< "389 tokens since token 12 of doc3; most: expert 27, 8.1 % (uniform 1.6 %)"

    QSize sizeHint() const override { return {300, 84}; }
    QSize minimumSizeHint() const override { return {60, 40}; }

signals:
    void readoutChanged();
    void totalChanged();

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void showEvent(QShowEvent* event) override;

private:
    void ask();
    double floor() const; ///< where bars stand
    QRectF barOf(std::size_t expert) const;
    void point(std::optional<std::size_t> expert);
    Subject subject() const;

    Session& m_session;
    TokenCursor& m_cursor;
    std::optional<GrowingTotal> m_total;
    std::optional<std::size_t> m_pointed;
    JobTracker m_tracker;
    bool m_again = false; ///< the cursor moved on while the last one was counted
};

}
