// SPDX-License-Identifier: GPL-3.0-or-later
//
// What all children of the window have in common: where the program is, what it says last, and that none is left behind.
#pragma once

#include "io/base/error.h"

#include <QProcess>
#include <QString>
#include <QStringList>

#include <functional>

namespace expertscope {

/// expertscope-capture beside this program, or in the bin/ of its build; empty: there is none.
QString captureProgram();

/// The folder of what comes with the program (model, prompts, traces), if it holds this; empty: it is not there.
QString bundledFolder(const char* entry);
/// … of the model.
QString bundledModel();

/// A file or folder in cacheFolder(); where the environment names none, in the folder of temporary files.
QString cachedAt(const char* name);

/// The end of what a child said on standard error; the rest is forgotten.
class LastWords
{
public:
    void add(const QByteArray& bytes);
    void clear() { m_text.clear(); }
    /// Its last line without the name of the program before it; empty: it said nothing.
    QString line() const;

private:
    QByteArray m_text;
};

/// Keeps a child's last words. `ended`: it is over, or could not be started; not told once `owner` is gone.
void watch(QProcess& process, LastWords& words, QObject* owner, const std::function<void()>& ended);

/// How a child ended that should not have: its last words, or the signal or status.
Error endOf(const QProcess& process, const LastWords& words, const QString& where);

/// Asks it to end, waits a moment, then makes it. Afterwards it is gone and no zombie.
void endProcess(QProcess& process, int patienceMs = 300);

}
