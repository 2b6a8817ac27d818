// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStringList>

#include <functional>

class QMenu;

namespace expertscope {

/// Traces opened lately, newest first, kept in the settings as absolute paths.
QStringList recentFiles();
void rememberFiles(const QStringList& paths);
/// Where the last one lay; the user's home before that.
QString recentFolder();
/// A line a file; those that are gone cannot be chosen.
void fillRecentMenu(QMenu& menu, const std::function<void(const QString& path)>& open);

}
