// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/start/file_watch.h"

#include <QDateTime>
#include <QFileInfo>
#include <QTimer>

namespace expertscope {

FileWatch::FileWatch(QObject* parent)
    : QObject(parent)
    , m_rest(new QTimer(this))
{
    m_rest->setSingleShot(true);
    m_rest->setInterval(300);
    connect(m_rest, &QTimer::timeout, this, &FileWatch::compare);
    // The folder tells of a file that takes the place of another. In one where others write all the time (/tmp) waiting
    // for quiet would be waiting for ever.
    const auto soon = [this] {
        if (!m_rest->isActive())
            m_rest->start();
    };
    connect(&m_watcher, &QFileSystemWatcher::fileChanged, this, soon);
    connect(&m_watcher, &QFileSystemWatcher::directoryChanged, this, soon);
}

FileWatch::State FileWatch::stateOf(const QString& path)
{
    const QFileInfo file(path);
    return file.exists() ? State{true, file.size(), file.lastModified().toMSecsSinceEpoch()} : State();
}

void FileWatch::watch(const QStringList& paths)
{
    if (const QStringList old = m_watcher.files() + m_watcher.directories(); !old.isEmpty())
        m_watcher.removePaths(old);
    m_states.clear();
    for (const QString& path : paths) {
        const QString absolute = QFileInfo(path).absoluteFilePath();
        if (!QFileInfo::exists(absolute))
            continue; // no file, or gone already
        m_states[absolute] = stateOf(absolute);
        m_watcher.addPath(absolute);
        m_watcher.addPath(QFileInfo(absolute).absolutePath());
    }
}

void FileWatch::compare()
{
    for (auto& [path, known] : m_states) {
        const State now = stateOf(path);
        if (now == known)
            continue;
        known = now;
        if (now.there && !m_watcher.files().contains(path))
            m_watcher.addPath(path); // another file of that name
        now.there ? emit changed(path) : emit gone(path);
    }
}

}
