// SPDX-License-Identifier: GPL-3.0-or-later
//
// Menus and bars around the views of the registry, which all share one session.
#pragma once

#include "app/desktop/actions/action_list.h"
#include "app/desktop/layout/shown_views.h"
#include "views/session/session.h"
#include "views/widgets/theme.h"

#include <QMainWindow>

class QStackedWidget;
class QTimer;

namespace expertscope {

class EditActions;
class FileActions;
class FilterBar;
class HelpActions;
class NoticeBar;
class Palette;
class ReadoutBar;
class StartPage;
class ViewActions;
class WorkspaceActions;

class MainWindow final : public QMainWindow
{
    Q_OBJECT
public:
    explicit MainWindow(Session::Opener opener = Session::openWithCache, QWidget* parent = nullptr);
    ~MainWindow() override;

    /// Traces, a workspace, results: told by what they are.
    void open(const QStringList& paths);
    void setTheme(Theme theme);
    /// The views in place of the start page: some need no trace.
    void showWithoutTrace();

    Session& session() { return m_session; }
    ShownViews& views() { return *m_views; }
    const ActionList& actions() const { return m_actions; }
    FilterBar& filters() { return *m_filters; }
    NoticeBar& notice() { return *m_notice; }
    WorkspaceActions& workspaces() { return *m_workspaces; }
    Palette& palette() { return *m_palette; }
    /// By its id in viewRegistry().
    View* view(const QString& id) const { return m_views->view(id); }
    /// The load map, from which the others are picked.
    ChartView* centre() const;
    /// What actions are about: the view that has the focus, or had it last.
    View* activeView() const { return m_views->active(); }
    /// What the readout bar tells: of the view that was pointed at last.
    View* readoutView() const { return m_readoutOf; }
    void say(const QString& text); ///< at the end of the readout bar, for a while
    void showError(const Error& error); ///< in the notice bar; nothing else changes

signals:
    void stateChanged(); ///< what is open, what is active, what is pointed at: for actions

protected:
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    void closeEvent(QCloseEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void buildCentre();
    void buildMenus();
    void connectView(View* view);
    void opened();
    void updateState(); ///< what is open, being opened, or failed
    void updateReadout(View* view);

    Session m_session;
    View* m_readoutOf = nullptr;
    QStackedWidget* m_pages = nullptr; ///< start page, centre
    ShownViews* m_views = nullptr;
    StartPage* m_start = nullptr;
    NoticeBar* m_notice = nullptr;
    QTimer* m_noticeLater = nullptr; ///< what opens quickly does not flicker
    FilterBar* m_filters = nullptr;
    ReadoutBar* m_readout = nullptr;
    ActionList m_actions;
    FileActions* m_files = nullptr;
    EditActions* m_edit = nullptr;
    ViewActions* m_viewActions = nullptr;
    WorkspaceActions* m_workspaces = nullptr;
    Palette* m_palette = nullptr;
    HelpActions* m_help = nullptr;
    bool m_withoutTrace = false; ///< views are shown though nothing is open
    bool m_focusFirst = false; ///< once there is a picture
};

}
