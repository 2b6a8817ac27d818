// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QKeySequence>
#include <QString>

#include <functional>
#include <vector>

class QAction;
class QMenu;
class QWidget;

namespace expertscope {

/// What every action of a window has: an id, words, a tool tip that names its key, and whether it needs a trace.
class ActionList
{
public:
    explicit ActionList(QWidget& window);

    QAction* add(
        QMenu* menu, const QString& id, const QString& text, const QString& tip, const QKeySequence& shortcut,
        std::function<void()> run = [] {});
    /// One that is on or off; `toggled` hears of each change.
    QAction* addSwitch(QMenu* menu, const QString& id, const QString& text, const QString& tip,
        const QKeySequence& shortcut, std::function<void(bool)> toggled, bool on = false);
    /// Disabled while no trace is open. Returns the action.
    QAction* needsTrace(QAction* action);
    void setTraceOpen(bool open);

private:
    QWidget& m_window;
    std::vector<QAction*> m_needTrace;
};

}
