// SPDX-License-Identifier: GPL-3.0-or-later
//
// Tables of several charts as one.
#pragma once

#include <QByteArray>

#include <utility>
#include <vector>

namespace expertscope {

/// Tables by the name of their panel -> one table whose first column is "panel". Of the lines behind '#' those that
/// all have stand once, others once for each panel, behind its name; then `about`. Columns that not all tables have
/// stay empty in the records of the others; one that was called "panel" already is "inner_panel".
QByteArray joinedTables(const std::vector<std::pair<QByteArray, QByteArray>>& tables, const QByteArray& about);

}
