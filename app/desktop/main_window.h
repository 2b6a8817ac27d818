// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "views/load/load_view.h"

#include <QMainWindow>

class QAction;
class QDockWidget;
class QMenu;

namespace expertscope {

class SummaryPanel;

class MainWindow final : public QMainWindow
{
    Q_OBJECT
public:
    explicit MainWindow(TraceOpener opener, QWidget* parent = nullptr);
    ~MainWindow() override;

    void open(const QString& path);
    void setTheme(Theme theme);
    LoadView* view() const { return m_view; }

protected:
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    void closeEvent(QCloseEvent* event) override;

private:
    QAction* addAction(QMenu* menu, const QString& id, const QString& text, const QString& tip,
        const QKeySequence& shortcut, std::function<void()> run);
    void buildMenus();
    void askForTrace();
    void exportFigure();
    void copyReadout();
    void escape();
    void remember(const QString& path);
    void fillRecent();
    void updateActions();
    void updateSummary();

    LoadView* m_view = nullptr;
    SummaryPanel* m_summary = nullptr;
    QDockWidget* m_dock = nullptr;
    QMenu* m_recent = nullptr;
    QAction *m_export = nullptr, *m_fit = nullptr, *m_copy = nullptr, *m_copyTable = nullptr, *m_dark = nullptr;
    QString m_lastExport;
    bool m_hadTrace = false;
};

}
