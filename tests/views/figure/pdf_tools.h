// SPDX-License-Identifier: GPL-3.0-or-later
//
// Other people's programs that look at figures.
#pragma once

#include <QProcess>
#include <QStandardPaths>
#include <QTest>

#define NEEDS(tool)                                                                                                    \
    if (QStandardPaths::findExecutable(tool).isEmpty())                                                                \
    QSKIP(qPrintable(QString("%1 is not installed").arg(tool)))

namespace expertscope::testing {

inline QByteArray runTool(const QString& program, const QStringList& arguments, int* status = nullptr)
{
    QProcess process;
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start(program, arguments);
    if (!process.waitForFinished(60000))
        return "did not finish";
    if (status)
        *status = process.exitCode();
    return process.readAll();
}

}
