// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "views/session/session.h"

#include <QWidget>

class QBoxLayout;
class QComboBox;
class QLabel;

namespace expertscope {

class FilterBar;

/// One side of a comparison in a line: its letter in its colour, its trace, its filters.
class SideRow final : public QWidget
{
    Q_OBJECT
public:
    /// `none`: the side may be none, and traces can be opened for it.
    SideRow(Session& session, SideState& side, const QString& letter, bool none, QWidget* parent = nullptr);

    SideState& side() { return m_side; }
    /// Beside the trace.
    void addWidget(QWidget* widget);
    FilterBar* filterBar() const { return m_filters; }

protected:
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

signals:
    void openRequested();
    void closeRequested();

private:
    void fill();
    void colourName();
    void arrange();
    void choose(int index);

    Session& m_session;
    SideState& m_side;
    QString m_letter;
    bool m_none;
    QLabel* m_name = nullptr;
    QBoxLayout *m_lines = nullptr, *m_head = nullptr;
    QComboBox* m_trace = nullptr;
    FilterBar* m_filters = nullptr;
};

}
