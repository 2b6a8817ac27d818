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
    /// Shows them where they were last time; from then on the width of the window decides.
    void start();
    bool started() const { return m_started; }
    void save() const;
    /// The window has another width.
    void follow();

    bool shown() const; ///< any of them is
    void setShown(bool shown); ///< back: those that were

signals:
    void shownChanged();

private:
    struct Dock
    {
        QDockWidget* dock;
        ViewPlace place;
        bool atFirst;
    };
    bool isNarrow() const;
    void apply(const QByteArray& state);
    void remember(); ///< how docks stand now
    void showWholeTabs();
    void arrange();
    void arrangeWide();
    void arrangeNarrow();

    QMainWindow& m_window;
    std::vector<Dock> m_docks;
    std::vector<QDockWidget*> m_putAway;
    QByteArray m_states[2]; ///< wide, narrow
    QTimer* m_settled = nullptr; ///< sizes half-way through a resize are no one's choice
    bool m_started = false, m_narrow = false;
};

}
