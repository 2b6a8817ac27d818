// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/live/child_program.h"

#include "io/base/cache_folder.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>

#include <cstring>

namespace expertscope {

namespace {

constexpr qsizetype kMost = 16 << 10;

}

QString captureProgram()
{
    const QString folder = QCoreApplication::applicationDirPath();
    for (const char* place : {"/expertscope-capture", "/../bin/expertscope-capture"}) {
        const QFileInfo program(folder + place);
        if (program.isExecutable())
            return program.canonicalFilePath();
    }
    return {};
}

QString bundledFolder(const char* entry)
{
    for (const QString& folder : {QCoreApplication::applicationDirPath() + "/../share/expertscope/demo",
             QString(EXPERTSCOPE_DEMO_FOLDER)}) {
        if (QFileInfo::exists(folder + '/' + entry))
            return QDir::cleanPath(folder);
    }
    return {};
}

QString bundledModel()
{
    return bundledFolder("model.safetensors");
}

QString cachedAt(const char* name)
{
    const std::filesystem::path folder = cacheFolder();
    return folder.empty() ? QDir::tempPath() + "/expertscope/" + name : QString::fromStdString((folder / name).string());
}

void LastWords::add(const QByteArray& bytes)
{
    m_text += bytes;
    if (m_text.size() > kMost)
        m_text.remove(0, m_text.size() - kMost);
}

QString LastWords::line() const
{
    const QString text = QString::fromUtf8(m_text).trimmed();
    QString last = text.section('\n', -1).section('\r', -1).trimmed();
    const QString name = "expertscope-capture: ";
    if (last.startsWith(name))
        last.remove(0, name.size());
    return last;
}

void watch(QProcess& process, LastWords& words, QObject* owner, const std::function<void()>& ended)
{
    QObject::connect(&process, &QProcess::readyReadStandardError, owner,
        [&process, &words] { words.add(process.readAllStandardError()); });
    QObject::connect(&process, &QProcess::errorOccurred, owner, [ended](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart)
            ended();
    });
    QObject::connect(&process, &QProcess::finished, owner, [ended] { ended(); });
}

Error endOf(const QProcess& process, const LastWords& words, const QString& where)
{
    if (process.error() == QProcess::FailedToStart)
        return {"could not be started: " + process.errorString().toStdString(), process.program().toStdString(), {}};
    if (process.exitStatus() == QProcess::CrashExit) {
        // With a crash Qt gives the number of the signal as exit code.
        const int signal = process.exitCode();
        Error error{"ended by signal " + std::to_string(signal) + " (" + strsignal(signal) + ")", where.toStdString(),
            signal == 9 ? "the system ends programs like this when memory runs out" : ""};
        if (!words.line().isEmpty())
            error.what += "; it last said: " + words.line().toStdString();
        return error;
    }
    const QString line = words.line();
    return {line.isEmpty() ? "ended with status " + std::to_string(process.exitCode()) : line.toStdString(),
        line.isEmpty() ? where.toStdString() : std::string(), {}};
}

void endProcess(QProcess& process, int patienceMs)
{
    if (process.state() == QProcess::NotRunning)
        return;
    process.closeWriteChannel();
    process.terminate();
    if (process.waitForFinished(patienceMs))
        return;
    process.kill();
    process.waitForFinished(2000);
}

}
