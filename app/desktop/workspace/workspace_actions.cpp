// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/workspace/workspace_actions.h"

#include "app/desktop/main_window.h"
#include "app/desktop/notice_bar.h"
#include "app/desktop/start/recent_files.h"
#include "app/desktop/workspace/built_in_workspaces.h"
#include "app/desktop/workspace/workspace_window.h"

#include <QAction>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QMenu>
#include <QStandardPaths>

#include <algorithm>

namespace expertscope {

namespace {

constexpr const char* kWithoutTrace = "prompt"; ///< works before any trace is open
constexpr const char* kWorkspaces = "Workspaces (*.expertscope.json);;All files (*)";

}

WorkspaceActions::WorkspaceActions(MainWindow& window, QMenu& menu, ActionList& actions)
    : QObject(&window)
    , m_window(window)
{
    int key = 0;
    for (const BuiltInWorkspace& workspace : builtInWorkspaces()) {
        QAction* action = actions.add(&menu, "workspace." + workspace.id, workspace.title, workspace.tip,
            QKeySequence(QString::number(++key)), [this, id = workspace.id] { show(id); });
        if (workspace.id != kWithoutTrace)
            actions.needsTrace(action);
    }
    menu.addSeparator();
    actions.add(&menu, "workspace.open", "&Open workspace…", "Traces, filters, pins and views as they were saved",
        QKeySequence("Ctrl+Alt+O"), [this] { askToOpen(); });
    actions.needsTrace(
        actions.add(&menu, "workspace.save", "&Save workspace", "Write how the window stands into a file",
            QKeySequence("Ctrl+S"), [this] { m_path.isEmpty() ? askToSave() : void(save(m_path)); }));
    actions.needsTrace(actions.add(&menu, "workspace.saveAs", "Save workspace &as…", "Into another file",
        QKeySequence("Ctrl+Shift+S"), [this] { askToSave(); }));
    // After the views have heard of the trace.
    connect(&window.session(), &Session::opened, this, &WorkspaceActions::apply, Qt::QueuedConnection);
    connect(&window.session(), &Session::failed, this, [this] {
        m_waiting.reset();
        m_wanted.clear();
    });
}

void WorkspaceActions::show(const QString& id, const QString& view)
{
    const auto& all = builtInWorkspaces();
    const auto found = std::ranges::find(all, id, &BuiltInWorkspace::id);
    if (found == all.end())
        return;
    if (!m_window.session().study()) {
        if (id != kWithoutTrace || (!view.isEmpty() && view != "playground")) {
            m_wanted = id;
            m_wantedView = view;
            return;
        }
        m_window.showWithoutTrace();
    }
    m_window.views().arrange(found->tabs, found->docks);
    if (!found->tabs.isEmpty())
        m_window.views().show(found->tabs.front());
    if (!view.isEmpty())
        m_window.views().show(view);
    else if (View* active = m_window.activeView())
        active->setFocus(Qt::ShortcutFocusReason);
    m_window.say(found->title + ": " + found->tip);
}

void WorkspaceActions::open(const QString& path, QStringList traces)
{
    auto workspace = readWorkspace(path);
    if (!workspace)
        return m_window.showError(workspace.error());
    m_gone.clear();
    if (traces.isEmpty()) {
        const QDir folder = QFileInfo(path).absoluteDir();
        for (const TraceRef& trace : workspace->traces) {
            const QString file = QDir::cleanPath(folder.absoluteFilePath(trace.path));
            if (QFileInfo::exists(file))
                traces << file;
            else
                m_gone << file;
        }
    }
    if (traces.isEmpty() && !m_window.session().study()) {
        return m_window.showError({"none of its traces is there", path.toStdString(),
            m_gone.isEmpty() ? "open a trace first, then the workspace"
                             : "the first was " + m_gone.front().toStdString()});
    }
    m_path = path == lastPath() ? QString() : path; // that one is not the user's to save into
    if (!m_path.isEmpty())
        rememberFiles({path});
    m_waiting = std::move(*workspace);
    if (traces.isEmpty() || traces == m_window.session().paths())
        apply();
    else
        m_window.open(traces);
}

void WorkspaceActions::apply()
{
    if (const QString wanted = std::exchange(m_wanted, {}); !wanted.isEmpty())
        show(wanted, std::exchange(m_wantedView, {}));
    if (!m_waiting)
        return;
    const Workspace workspace = *std::exchange(m_waiting, {});
    QStringList missing = applyWorkspace(m_window, workspace);
    for (const QString& gone : std::exchange(m_gone, {}))
        missing << "the file " + gone;
    missing.removeDuplicates();
    if (!missing.isEmpty())
        m_window.notice().showNote("Not there any more: " + missing.join(", "));
    m_window.say(m_path.isEmpty() ? "As in the last session" : "Workspace " + QFileInfo(m_path).fileName());
}

bool WorkspaceActions::save(const QString& path)
{
    const auto saved = saveWorkspace(workspaceOf(m_window, path), path);
    if (!saved) {
        m_window.showError(saved.error());
        return false;
    }
    m_path = path;
    rememberFiles({path});
    m_window.say("Wrote " + path);
    return true;
}

QString WorkspaceActions::lastPath()
{
    return QStandardPaths::writableLocation(QStandardPaths::AppDataLocation) + "/last" + kWorkspaceSuffix;
}

void WorkspaceActions::saveLast()
{
    const QString path = lastPath();
    if (!m_window.session().study() || !QFileInfo::exists(m_window.session().paths().front()))
        return;
    QDir().mkpath(QFileInfo(path).absolutePath());
    (void)saveWorkspace(workspaceOf(m_window, path), path); // a disk that is full keeps no window open
}

void WorkspaceActions::askToOpen()
{
    const QString path = QFileDialog::getOpenFileName(&m_window, "Open workspace", recentFolder(), kWorkspaces);
    if (!path.isEmpty())
        open(path);
}

void WorkspaceActions::askToSave()
{
    const QString start =
        m_path.isEmpty() ? QDir(recentFolder()).filePath(QString("workspace") + kWorkspaceSuffix) : m_path;
    QString path = QFileDialog::getSaveFileName(&m_window, "Save workspace", start, kWorkspaces);
    if (path.isEmpty())
        return;
    if (!path.endsWith(".json"))
        path += kWorkspaceSuffix;
    save(path);
}

}
