// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/actions/file_actions.h"

#include "analysis/results/result_kinds.h"
#include "app/desktop/main_window.h"
#include "app/desktop/notice_bar.h"
#include "app/desktop/results/results_window.h"
#include "app/desktop/start/recent_files.h"
#include "app/desktop/start/start_page.h"
#include "app/desktop/workspace/workspace_actions.h"
#include "views/live/capture_follower.h"
#include "views/panels/export_chart.h"
#include "views/widgets/chart_view.h"

#include <QAction>
#include <QFileDialog>
#include <QFileInfo>
#include <QMenu>

namespace expertscope {

namespace {

constexpr const char* kFiles = "Traces, workspaces, results (*.h5 *.json);;All files (*)";
constexpr const char* kTraces = "Traces (*.h5);;All files (*)";

}

FileActions::FileActions(MainWindow& window, QMenu& menu, ActionList& actions)
    : QObject(&window)
    , m_window(window)
{
    addOpening(menu, actions);
    m_export = actions.add(&menu, "file.export", "&Export figure…", "Write the picture as PDF, SVG or PNG",
        QKeySequence("Ctrl+E"), [this] { exportFigure(m_window.activeView()); });
    menu.addSeparator();
    actions.add(&menu, "file.quit", "&Quit", "Close the window", QKeySequence("Ctrl+Q"), [this] { m_window.close(); });
    connect(&window, &MainWindow::stateChanged, this, &FileActions::update);

    Session& session = window.session();
    connect(&session, &Session::opened, this, [this, &session] { m_watch.watch(session.paths()); });
    connect(&session, &Session::failed, this, &FileActions::tryAsResults);
    connect(&m_watch, &FileWatch::changed, this, [this](const QString& path) {
        if (path.startsWith(captureFolder() + '/'))
            return; // a capture that is watched: it is read again by itself
        m_window.notice().showNote(QFileInfo(path).fileName() + " has changed since it was read.", "Reload  (F5)",
            [this] { m_window.session().reload(); });
    });
    connect(&m_watch, &FileWatch::gone, this, [this](const QString& path) {
        if (path.startsWith(captureFolder() + '/'))
            return;
        m_window.notice().showNote(
            QFileInfo(path).fileName() + " is gone. What is shown stays; what is asked anew may not be there.");
    });
}

void FileActions::addOpening(QMenu& menu, ActionList& actions)
{
    actions.add(&menu, "file.open", "&Open trace…", "Open routing traces, a workspace, or results of analyze",
        QKeySequence("Ctrl+O"), [this] { askForTrace(); });
    actions.needsTrace(actions.add(&menu, "file.beside", "Open &beside…",
        "Open another trace beside those that are shown", QKeySequence("Ctrl+Shift+O"), [this] { askBeside(); }));
    actions.add(&menu, "file.capture", "&Capture…", "Record what a model's routers do with prompts, and watch it",
        QKeySequence("Ctrl+R"), [this] { showAtOnce("capture"); });
    QMenu* recent = menu.addMenu("Open &recent");
    recent->menuAction()->setObjectName("file.recent");
    recent->menuAction()->setToolTip("Traces opened lately");
    connect(recent, &QMenu::aboutToShow, this,
        [this, recent] { fillRecentMenu(*recent, [this](const QString& path) { open({path}); }); });
    actions.needsTrace(actions.add(&menu, "file.reload", "&Reload", "Read the trace again; filters stay",
        QKeySequence("F5"), [this] { m_window.session().reload(); }));
}

void FileActions::serve(StartPage& page)
{
    connect(&page, &StartPage::openRequested, this, &FileActions::askForTrace);
    connect(&page, &StartPage::openFile, this, [this](const QString& path) { open({path}); });
    connect(&page, &StartPage::openDemo, this, &FileActions::openDemo);
    connect(&page, &StartPage::cancelRequested, this, [this, &page] {
        if (m_capture.running()) {
            m_capture.cancel();
            page.showWelcome(recentFiles(), WorkspaceActions::lastPath());
        }
        m_window.session().cancelOpening();
    });
    connect(&m_capture, &DemoCapture::progressed, &page, &StartPage::showBusy);
    connect(&m_capture, &DemoCapture::failed, this, [this](const Error& error) { m_window.showError(error); });
    connect(&m_capture, &DemoCapture::finished, this, [this](const QString& file) {
        if (m_window.session().study())
            return m_window.say("The demo trace is recorded: " + file);
        m_window.workspaces().show(m_demoWorkspace, m_demoView);
        m_window.open({file});
    });
}

void FileActions::update()
{
    const View* view = m_window.activeView();
    const ChartView* chart = view ? view->chartView() : nullptr;
    m_export->setEnabled(m_window.session().study() && chart && chart->chart());
}

void FileActions::open(const QStringList& paths)
{
    QStringList traces;
    for (const QString& path : paths) {
        const QString suffix = QFileInfo(path).suffix().toLower();
        const bool json = suffix == "json" && QFileInfo(path).isFile();
        if (json && isWorkspace(path))
            m_window.workspaces().open(path);
        else if (json && results::jsonKind().recognises(path.toStdString()))
            showResults(path);
        else if (suffix == "csv" || suffix == "tex")
            m_window.showError({"is a table, not a trace", path.toStdString(),
                "results that `expertscope analyze` wrote as .json or .h5 can be opened"});
        else
            traces << path;
    }
    if (!traces.isEmpty())
        m_window.session().open(traces);
}

void FileActions::askForTrace()
{
    const QStringList paths = QFileDialog::getOpenFileNames(&m_window, "Open trace", recentFolder(), kFiles);
    if (!paths.isEmpty())
        open(paths);
}

void FileActions::askBeside()
{
    const QStringList paths = QFileDialog::getOpenFileNames(&m_window, "Open beside", recentFolder(), kTraces);
    if (!paths.isEmpty())
        m_window.session().open(m_window.session().paths() + paths);
}

void FileActions::openDemo(const DemoTrace& trace, const QString& workspace, const QString& view)
{
    if (trace.id.isEmpty()) // a question that needs none
        return view == "capture" ? showAtOnce(view) : m_window.workspaces().show(workspace);
    if (trace.files.isEmpty()) {
        m_demoWorkspace = workspace;
        m_demoView = view;
        return m_capture.start(capturedDemo());
    }
    m_window.workspaces().show(workspace, view);
    open(trace.files);
}

void FileActions::showAtOnce(const QString& view)
{
    if (!m_window.session().study())
        m_window.showWithoutTrace();
    m_window.views().show(view);
    m_window.view(view)->setFocus(Qt::ShortcutFocusReason);
}

void FileActions::showResults(const QString& path)
{
    auto* results = new ResultsWindow(&m_window);
    results->open(path);
    results->show();
}

void FileActions::tryAsResults()
{
    const QStringList paths = m_window.session().opening();
    if (paths.size() != 1)
        return;
    m_results.start([this, path = paths.front()](const JobTracker::Handle&) -> JobTracker::Delivery {
        if (!results::hdf5Kind().recognises(path.toStdString()))
            return {};
        return [this, path] {
            m_window.session().dismissError();
            showResults(path);
        };
    });
}

void FileActions::exportFigure(View* view)
{
    const ChartView* chart = view ? view->chartView() : nullptr;
    if (!chart || !chart->chart())
        return;
    const QString folder = QFileInfo(m_window.session().paths().front()).absolutePath();
    const QString written = exportChart(*chart, m_window.session().study(), m_lastExport, folder, &m_window);
    if (written.isEmpty())
        return;
    m_lastExport = written;
    m_window.say("Wrote " + written);
}

}
