// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

class QMenu;

namespace expertscope {

class ActionList;
class MainWindow;

/// Keys of a view, what its numbers are, which program this is.
class HelpActions final : public QObject
{
    Q_OBJECT
public:
    HelpActions(MainWindow& window, QMenu& menu, ActionList& actions);

private:
    MainWindow& m_window;
};

}
