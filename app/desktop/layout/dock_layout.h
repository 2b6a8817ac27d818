// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "views/panels/view.h"

#include <QByteArray>
#include <QObject>

#include <vector>

class QDockWidget;
class QMainWindow;
class QTimer;

namespace expertscope {

/// Where docks stand: beside the centre in a wide window, all behind tabs in a narrow one. What a user makes of either
/// is remembered apart.
class DockLayout final : public QObject
{
    Q_OBJECT
public:
    explicit DockLayout(QMainWindow& window);

    /// Hidden until start(); `atFirst`: shown then, where the user has not chosen.
    void add(QDockWidget* dock, ViewPlace place, bool atFirst);
    /// Also of one that was dragged elsewhere: to its place, in front.
    void show(QDockWidget* dock);
    void remove(QDockWidget* dock);
    /// Shows them where they were last time; from then on the width of the window decides.
    void start();
    bool started() const { return m_started; }
    void save() const;
    /// The window has another size.
    void follow();

    bool shown() const; ///< any of them is
    void setShown(bool shown); ///< back: those that were
    /// These and no others, each in its place.
    void arrange(const std::vector<QDockWidget*>& docks);

    /// One of them alone, or none (null), so that the centre has all the room; released: as it was before.
    void hold(QDockWidget* alone);
    void release();
    bool held() const { return !m_held.isEmpty(); }

    bool isNarrow() const; ///< no room for columns beside the centre, or below it
    /// For workspaces, of the present width. Restoring: false where the state is none of this window.
    QByteArray state() const;
    bool restore(const QByteArray& state);

signals:
    void shownChanged();
    void titleDoubleClicked(QDockWidget* dock);
    void menuRequested(QDockWidget* dock, QPoint global);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    struct Dock
    {
        QDockWidget* dock;
        ViewPlace place;
        bool atFirst;
    };
    bool apply(const QByteArray& state); ///< false: arranged anew instead
    void remember(); ///< how docks stand now
    void showWholeTabs();
    void arrangeAll();
    void arrangeWide();
    void arrangeNarrow();
    void arrangeSide(ViewPlace side);
    void arrangeBottom();
    QDockWidget* stack(const std::vector<const Dock*>& docks, Qt::DockWidgetArea area);
    QDockWidget* dockOfTab(const QObject* bar, const QPoint& at) const;

    QMainWindow& m_window;
    std::vector<Dock> m_docks;
    std::vector<QDockWidget*> m_putAway;
    QByteArray m_states[2]; ///< wide, narrow
    QByteArray m_held; ///< the state to come back to
    QTimer* m_settled = nullptr; ///< sizes half-way through a resize are no one's choice
    bool m_started = false, m_narrow = false;
};

}
