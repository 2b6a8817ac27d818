// SPDX-License-Identifier: GPL-3.0-or-later
//
// The program that is tested, run as a process without a display.
#pragma once

#include <QFile>
#include <QMap>
#include <QProcess>

namespace expertscope::testing {

struct Result
{
    int status = -1;
    QByteArray out, err;
};

inline Result run(const QString& program, const QStringList& arguments, const QMap<QString, QString>& environment = {},
    const QString& folder = {})
{
    QProcess process;
    QProcessEnvironment all = QProcessEnvironment::systemEnvironment();
    for (const char* name : {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "SOURCE_DATE_EPOCH"})
        all.remove(name);
    for (auto it = environment.begin(); it != environment.end(); ++it)
        all.insert(it.key(), it.value());
    process.setProcessEnvironment(all);
    process.setWorkingDirectory(folder);
    process.start(program, arguments);
    Result result;
    if (!process.waitForFinished(120000))
        return result;
    result.status = process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1;
    result.out = process.readAllStandardOutput();
    result.err = process.readAllStandardError();
    return result;
}

inline QByteArray content(const QString& name)
{
    QFile file(name);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

inline const QString kExpertscope = EXPERTSCOPE_BIN_DIR "/expertscope";

}
