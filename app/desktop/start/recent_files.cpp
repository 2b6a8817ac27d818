// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/start/recent_files.h"

#include <QDir>
#include <QFileInfo>
#include <QMenu>
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

void fillRecentMenu(QMenu& menu, const std::function<void(const QString& path)>& open)
{
    menu.clear();
    int number = 0;
    for (const QString& path : recentFiles()) {
        QAction* action = menu.addAction(QString("&%1  %2").arg(++number).arg(QDir::toNativeSeparators(path)));
        action->setObjectName(QString("file.recent.%1").arg(number));
        action->setToolTip(path);
        action->setEnabled(QFileInfo::exists(path));
        QObject::connect(action, &QAction::triggered, &menu, [open, path] { open(path); });
    }
    if (number == 0)
        menu.addAction("Nothing yet")->setEnabled(false);
}

}
