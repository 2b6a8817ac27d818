// SPDX-License-Identifier: GPL-3.0-or-later
//
// Menus, docks and bars around the views of the registry, which all share one session.
#pragma once

#include "app/desktop/action_list.h"
#include "views/panels/view.h"
#include "views/session/session.h"
#include "views/widgets/theme.h"

#include <QMainWindow>

class QAction;
class QDockWidget;
class QStackedWidget;
class QTimer;

namespace expertscope {

class DockLayout;
class FilterBar;
class NoticeBar;
class ReadoutBar;
class StartPage;

class MainWindow final : public QMainWindow
{
    Q_OBJECT
public:
    explicit MainWindow(Session::Opener opener = Session::openWithCache, QWidget* parent = nullptr);
    ~MainWindow() override;

    void open(const QStringList& paths);
    void setTheme(Theme theme);

    Session& session() { return m_session; }
    /// By its id in viewRegistry().
    View* view(const QString& id) const;
    /// The one in the centre.
    ChartView* centre() const;
    /// What actions are about: the view that has the focus, or had it last; at first the centre.
    View* activeView() const;

protected:
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    void closeEvent(QCloseEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    struct Docked
    {
        ViewSpec spec;
        View* view = nullptr;
        QDockWidget* dock = nullptr; ///< null: the centre
    };

    void buildViews();
    void buildMenus();
    void buildFileMenu();
    void buildEditMenu();
    void buildViewMenu();
    void buildPanelMenu();

    void updateState(); ///< what is open, being opened, or failed
    void updateActions();
    void updateReadout(View* view);
    void askForTrace();
    void exportFigure(View* view);
    void find();
    void escape();

    Session m_session;
    std::vector<Docked> m_views;
    View* m_centre = nullptr;
    View* m_active = nullptr;
    View* m_readoutOf = nullptr;
    QStackedWidget* m_pages = nullptr; ///< start page, centre
    DockLayout* m_docks = nullptr;
    StartPage* m_start = nullptr;
    NoticeBar* m_notice = nullptr;
    QTimer* m_noticeLater = nullptr; ///< what opens quickly does not flicker
    FilterBar* m_filters = nullptr;
    ReadoutBar* m_readout = nullptr;
    ActionList m_actions;
    QAction *m_sidePanels = nullptr, *m_dark = nullptr, *m_copy = nullptr, *m_export = nullptr;
    QString m_lastExport;
    bool m_focusCentre = false; ///< once there is a picture in it
};

}
