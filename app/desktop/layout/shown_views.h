// SPDX-License-Identifier: GPL-3.0-or-later
//
// All views of the window, by their ids: tabs in the centre, docks beside it, what is shown of them and which one is
// worked with.
#pragma once

#include "app/desktop/layout/dock_layout.h"
#include "views/panels/view.h"

#include <memory>

class QAction;
class QStackedWidget;
class QTabWidget;

namespace expertscope {

class ShownViews final : public QObject
{
    Q_OBJECT
public:
    /// `centre` gets the tabs as a page of its own.
    ShownViews(Session& session, QMainWindow& window, QStackedWidget& centre);
    ~ShownViews() override;

    /// Those of the registry, then duplicates.
    QStringList ids() const;
    QStringList shownIds() const; ///< tabs in order, then docks
    const ViewSpec* spec(const QString& id) const; ///< null: no such view
    /// Made when it is asked for first; null: no such view.
    View* view(const QString& id);
    View* made(const QString& id) const; ///< null: nobody has asked
    std::vector<View*> madeViews() const;
    QString idOf(const View* view) const;
    ViewPlace placeOf(const QString& id) const;

    bool isShown(const QString& id) const;
    bool isInFront(const QString& id) const; ///< not behind another tab
    void show(const QString& id); ///< in front
    void close(const QString& id); ///< a duplicate is gone then
    void move(const QString& id, ViewPlace place); ///< and shows it there
    void setPlace(const QString& id, ViewPlace place); ///< closed, until it is shown
    /// Another view of the same kind: "chart.load#2". Returns its id; empty: it cannot be shown twice.
    /// `wanted`: the id that it gets, if nobody has it.
    QString duplicate(
        const QString& id, const QJsonObject& state, ViewPlace place = ViewPlace::Right, const QString& wanted = {});
    void closeDuplicates();

    /// What is shown, as built-in workspaces say it: of places those of the views. Unknown ids are left out.
    void arrange(const QStringList& tabs, const QStringList& docks);
    QString currentTab() const;
    void showTab(int number); ///< from 0; none of that number: nothing
    void start(); ///< the first time that there is something to show
    void save() const;

    /// What actions are about: the view that has the focus, or had it last. Never null once one was made.
    View* active() const { return m_active; }
    void setActive(View* view);

    /// It alone, or, when something is maximised, all as before.
    void toggleMaximised(View* view);
    bool isMaximised() const { return m_docks->held(); }
    void restoreSize() { m_docks->release(); }

    DockLayout& docks() { return *m_docks; }
    /// Shows or closes a view; for menus.
    QAction* action(const QString& id) const;

signals:
    void viewMade(View* view);
    void shownChanged();
    void activeChanged();
    void moreRequested(); ///< the button beside the tabs
    void duplicated(const QString& id);

private:
    struct Entry
    {
        ViewSpec spec;
        ViewPlace place = ViewPlace::Centre;
        View* view = nullptr;
        QDockWidget* dock = nullptr; ///< null: a tab, or not shown yet
        QAction* action = nullptr;
    };
    Entry* find(const QString& id) const;
    Entry* find(const QObject* holder) const; ///< its view or its dock
    Entry& add(ViewSpec spec);
    View* make(Entry& entry);
    QDockWidget* dockOf(Entry& entry);
    void addTab(Entry& entry);
    void openMenu(const QString& id, const QPoint& global);
    void updateActions();

    Session& m_session;
    QMainWindow& m_window;
    QStackedWidget& m_centre;
    QStackedWidget* m_pages = nullptr; ///< tabs, or that there are none
    QTabWidget* m_tabs = nullptr;
    DockLayout* m_docks = nullptr;
    std::vector<std::unique_ptr<Entry>> m_entries;
    View* m_active = nullptr;
};

}
