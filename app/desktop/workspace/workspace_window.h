// SPDX-License-Identifier: GPL-3.0-or-later
//
// A workspace of a window, and the other way round.
#pragma once

#include "app/desktop/workspace/workspace.h"

namespace expertscope {

class MainWindow;

/// Paths of the traces as seen from `path`, where it will be saved.
Workspace workspaceOf(MainWindow& window, const QString& path);

/// Of what is open: filters and pins that fit, views with their options. Returns what is not there, a phrase each.
QStringList applyWorkspace(MainWindow& window, const Workspace& workspace);

}
