// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/actions/action_list.h"

#include <QAction>
#include <QMenu>

namespace expertscope {

ActionList::ActionList(QWidget& window)
    : m_window(window)
{
}

QAction* ActionList::add(QMenu* menu, const QString& id, const QString& text, const QString& tip,
    const QKeySequence& shortcut, std::function<void()> run)
{
    auto* action = new QAction(text, &m_window);
    action->setObjectName(id);
    action->setToolTip(shortcut.isEmpty() ? tip : tip + "  (" + shortcut.toString(QKeySequence::NativeText) + ")");
    action->setShortcut(shortcut);
    QObject::connect(action, &QAction::triggered, &m_window, std::move(run));
    menu->addAction(action);
    m_window.addAction(action);
    return action;
}

QAction* ActionList::addSwitch(QMenu* menu, const QString& id, const QString& text, const QString& tip,
    const QKeySequence& shortcut, std::function<void(bool)> toggled, bool on)
{
    QAction* action = add(menu, id, text, tip, shortcut);
    action->setCheckable(true);
    action->setChecked(on);
    QObject::connect(action, &QAction::toggled, &m_window, std::move(toggled));
    return action;
}

QAction* ActionList::needsTrace(QAction* action)
{
    m_needTrace.push_back(action);
    return action;
}

void ActionList::setTraceOpen(bool open)
{
    for (QAction* action : m_needTrace)
        action->setEnabled(open);
}

}
