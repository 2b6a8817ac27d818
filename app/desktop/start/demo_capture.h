// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/base/error.h"

#include <QObject>
#include <QProcess>

namespace expertscope {

/// Records the demo trace in a child process, so that nothing there takes the window down.
class DemoCapture final : public QObject
{
    Q_OBJECT
public:
    explicit DemoCapture(QObject* parent = nullptr);
    ~DemoCapture() override;

    void start(const QString& file);
    void cancel();
    bool running() const { return m_process.state() != QProcess::NotRunning; }

signals:
    void progressed(const QString& text);
    void finished(const QString& file);
    void failed(const Error& error);

private:
    void read();

    QProcess m_process;
    QString m_file;
    bool m_cancelled = false;
};

}
