// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QKeySequence>
#include <QObject>
#include <QString>

class QAction;
class QMenu;
class QUndoStack;

namespace expertscope {

class ActionList;
class MainWindow;

/// Undo and back, filters, what is copied.
class EditActions final : public QObject
{
    Q_OBJECT
public:
    EditActions(MainWindow& window, QMenu& menu, ActionList& actions);

private:
    void addSteps(QMenu& menu);
    void addCopies(QMenu& menu, ActionList& actions);
    void addStep(QMenu& menu, QAction* action, const QString& id, const QString& tip, const QKeySequence& shortcut);
    void copyCommand();
    void find(); ///< in the view that has the focus, else in the text
    void update();

    MainWindow& m_window;
    QAction* m_find = nullptr;
    QAction *m_readout = nullptr, *m_picture = nullptr, *m_numbers = nullptr, *m_command = nullptr;
};

}
