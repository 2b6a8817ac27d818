// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/desktop/start/demo_capture.h"

#include "app/desktop/start/demo_traces.h"

#include <QDir>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>

namespace expertscope {

DemoCapture::DemoCapture(QObject* parent)
    : QObject(parent)
{
    connect(&m_process, &QProcess::readyReadStandardOutput, this, &DemoCapture::read);
    connect(&m_process, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart)
            emit failed({"could not be started", m_process.program().toStdString(), {}});
    });
    connect(&m_process, &QProcess::finished, this, [this](int status, QProcess::ExitStatus end) {
        if (m_cancelled)
            return;
        if (end == QProcess::NormalExit && status == 0)
            return emit finished(m_file);
        const QString said = QString::fromUtf8(m_process.readAllStandardError()).trimmed();
        emit failed({said.isEmpty() ? "ended with status " + std::to_string(status) : said.toStdString(),
            "recording the demo trace", {}});
    });
}

DemoCapture::~DemoCapture()
{
    disconnect(&m_process, nullptr, this, nullptr);
    if (running()) {
        m_process.terminate(); // it takes away what it has written
        m_process.waitForFinished(2000);
    }
}

void DemoCapture::start(const QString& file)
{
    if (running())
        return;
    const QStringList command = captureCommand(file);
    if (command.isEmpty())
        return emit failed({"the capture program or the bundled model is not there", "recording the demo trace", {}});
    QDir().mkpath(QFileInfo(file).absolutePath());
    m_file = file;
    m_cancelled = false;
    m_process.start(command.front(), command.mid(1));
    emit progressed("Recording the demo trace …");
}

void DemoCapture::cancel()
{
    m_cancelled = true;
    m_process.terminate();
}

/// Lines of JSON: {"event": "progress", "tokens": 46068, "tokens_done": 2017, …}.
void DemoCapture::read()
{
    while (m_process.canReadLine()) {
        const QJsonObject line = QJsonDocument::fromJson(m_process.readLine()).object();
        const double done = line["tokens_done"].toDouble(), all = line["tokens"].toDouble();
        if (all > 0)
            emit progressed(QString("Recording the demo trace … %1 %").arg(int(100 * done / all)));
    }
}

}
