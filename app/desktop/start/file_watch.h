// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFileSystemWatcher>
#include <QObject>
#include <QStringList>

#include <map>

class QTimer;

namespace expertscope {

/// Hears when files that were read are replaced, grow, shrink or go. Says each change once.
class FileWatch final : public QObject
{
    Q_OBJECT
public:
    explicit FileWatch(QObject* parent = nullptr);

    void watch(const QStringList& paths); ///< these, as they are now, and no others

signals:
    void changed(const QString& path);
    void gone(const QString& path);

private:
    struct State
    {
        bool there = false;
        qint64 size = 0, modified = 0;
        bool operator==(const State&) const = default;
    };
    static State stateOf(const QString& path);
    void compare();

    QFileSystemWatcher m_watcher;
    std::map<QString, State> m_states;
    QTimer* m_rest = nullptr; ///< what is being written changes many times
};

}
