// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/recent_files.h"

#include <QDir>
#include <QFileInfo>
#include <QSettings>

namespace expertscope {

namespace {

constexpr qsizetype kMost = 8;

}

QStringList recentFiles()
{
    return QSettings().value("files/recent").toStringList();
}

void rememberFiles(const QStringList& paths)
{
    QSettings settings;
    QStringList recent = recentFiles();
    for (const QString& path : paths) {
        const QString absolute = QFileInfo(path).absoluteFilePath();
        recent.removeAll(absolute);
        recent.prepend(absolute);
        settings.setValue("files/folder", QFileInfo(absolute).absolutePath());
    }
    settings.setValue("files/recent", recent.mid(0, kMost));
}

QString recentFolder()
{
    return QSettings().value("files/folder", QDir::homePath()).toString();
}

}
