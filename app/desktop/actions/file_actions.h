// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/desktop/start/demo_capture.h"
#include "app/desktop/start/file_watch.h"
#include "views/session/job_tracker.h"

#include <QObject>
#include <QString>

class QAction;
class QMenu;

namespace expertscope {

class ActionList;
class MainWindow;
class StartPage;
class View;
struct DemoTrace;

/// What is opened and what is written.
class FileActions final : public QObject
{
    Q_OBJECT
public:
    FileActions(MainWindow& window, QMenu& menu, ActionList& actions);

    /// Traces together; a workspace or results among them by what they are.
    void open(const QStringList& paths);
    void askForTrace();
    /// What is asked for on the start page.
    void serve(StartPage& page);

private:
    void addOpening(QMenu& menu, ActionList& actions);
    void askBeside();
    void openDemo(const DemoTrace& trace, const QString& workspace, const QString& view);
    void showAtOnce(const QString& view); ///< one that needs no trace
    void showResults(const QString& path);
    void tryAsResults(); ///< what could not be opened as a trace
    void exportFigure(View* view);
    void update();

    MainWindow& m_window;
    QAction* m_export = nullptr;
    QString m_lastExport;
    FileWatch m_watch;
    DemoCapture m_capture;
    JobTracker m_results;
    QString m_demoWorkspace, m_demoView; ///< once the demo trace is recorded
};

}
