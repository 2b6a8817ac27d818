// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>

#include <vector>

namespace expertscope {

/// What is shown for a kind of question. Views that this program does not have are left out.
struct BuiltInWorkspace
{
    QString id, title, tip;
    QStringList tabs, docks; ///< ids of viewRegistry()
};

/// In the order of their keys, from 1.
const std::vector<BuiltInWorkspace>& builtInWorkspaces();

}
