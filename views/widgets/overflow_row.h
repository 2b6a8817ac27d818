// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <vector>

class QFrame;
class QToolButton;
class QVBoxLayout;

namespace expertscope {

/// Widgets in a row; those that have no room wait behind a button at its end. So a row of any length never widens a
/// window.
class OverflowRow final : public QWidget
{
    Q_OBJECT
public:
    /// `more`: what the button's tool tip promises ("More options").
    OverflowRow(const QString& more, QWidget* parent = nullptr);

    /// Takes it. Hidden ones take no room.
    void add(QWidget* widget);
    void clear(); ///< destroys them, once what they do now is done
    int count() const { return int(m_widgets.size()); }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void resizeEvent(QResizeEvent* event) override;
    bool event(QEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void arrange();
    void openRest();

    std::vector<QWidget*> m_widgets;
    bool m_arranging = false;
    QToolButton* m_button = nullptr;
    QFrame* m_rest = nullptr; ///< pops up with what has no room
    QVBoxLayout* m_restLayout = nullptr;
};

}
