// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QJsonObject>
#include <QString>
#include <QStringList>

#include <vector>

namespace expertscope {

/// What is shown for a kind of question. Views that this program does not have are left out.
struct BuiltInWorkspace
{
    QString id, title, tip;
    QStringList tabs, docks; ///< ids of viewRegistry()
    QString copy = {}; ///< of which there is a second one, where several traces are open, …
    QJsonObject copyState = {}; ///< … in this state
};

/// In the order of their keys, from 1.
const std::vector<BuiltInWorkspace>& builtInWorkspaces();

}
