// SPDX-License-Identifier: GPL-3.0-or-later
//
// The executable as a user runs it, with a cache of its own.
#pragma once

#include "tests/support/trace_files.h"

#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

namespace expertscope::testing {

struct Outcome
{
    int status = -1;
    QByteArray out, err;
};

/// `environment`: NAME=VALUE each. The cache is kept for the life of the test program.
inline Outcome run(const QStringList& arguments, int columns = 100, const QStringList& environment = {})
{
    static const QTemporaryDir cache;
    QProcess process;
    auto variables = QProcessEnvironment::systemEnvironment();
    variables.insert("COLUMNS", QString::number(columns));
    variables.insert("EXPERTSCOPE_CACHE", cache.path());
    for (const QString& variable : environment)
        variables.insert(variable.section('=', 0, 0), variable.section('=', 1));
    process.setProcessEnvironment(variables);
    process.start(EXPERTSCOPE_BIN_DIR "/expertscope", arguments);
    if (!process.waitForFinished(300000))
        return {};
    return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -2, process.readAllStandardOutput(),
        process.readAllStandardError()};
}

/// Fields of one CSV record (no line breaks inside fields here).
inline QStringList fields(const QString& line)
{
    QStringList list(QString{});
    bool quoted = false;
    for (qsizetype i = 0; i < line.size(); ++i) {
        if (line[i] == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"')
            list.back() += line[i++];
        else if (line[i] == '"')
            quoted = !quoted;
        else if (line[i] == ',' && !quoted)
            list.append(QString());
        else
            list.back() += line[i];
    }
    return list;
}

}
