// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "views/widgets/theme.h"

#include <QObject>

class QAction;
class QMenu;

namespace expertscope {

class ActionList;
class MainWindow;

/// How the window shows what it shows.
class ViewActions final : public QObject
{
    Q_OBJECT
public:
    ViewActions(MainWindow& window, QMenu& menu, ActionList& actions);
    /// A line a view, by its place.
    void fillPanels(QMenu& menu);
    void showTheme(Theme theme); ///< which one is on

private:
    void addChartActions(QMenu& menu);
    void addSizes(QMenu& menu);
    void addTabs(QMenu& menu);
    void escape();
    void update();

    MainWindow& m_window;
    ActionList& m_actions;
    QAction *m_stop = nullptr, *m_sidePanels = nullptr, *m_dark = nullptr, *m_duplicate = nullptr, *m_options = nullptr,
            *m_maximise = nullptr;
};

}
