// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/desktop/workspace/workspace.h"

#include <QObject>

#include <optional>

class QMenu;

namespace expertscope {

class ActionList;
class MainWindow;

/// Workspaces of the program by their keys, and the user's as files.
class WorkspaceActions final : public QObject
{
    Q_OBJECT
public:
    WorkspaceActions(MainWindow& window, QMenu& menu, ActionList& actions);

    /// Of builtInWorkspaces(), with `view` in front; of no trace yet: once one is open.
    void show(const QString& id, const QString& view = {});
    /// Opens its traces, else takes what is open; `traces`: instead of its own. What is wrong with it is told, and
    /// nothing changes.
    void open(const QString& path, QStringList traces = {});
    /// False: it was not written, and it was told why.
    bool save(const QString& path);

    /// How the window stands, for the next session; where nothing is open, nothing.
    void saveLast();
    static QString lastPath(); ///< of what saveLast() wrote

private:
    void apply();
    void askToOpen();
    void askToSave();

    MainWindow& m_window;
    std::optional<Workspace> m_waiting; ///< for its traces
    QStringList m_gone; ///< traces of it that are not there
    QString m_wanted, m_wantedView; ///< a built-in one that waits for a trace
    QString m_path; ///< of the one that is shown
};

}
