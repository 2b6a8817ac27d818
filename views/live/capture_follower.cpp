// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/live/capture_follower.h"

#include "io/trace/trace_snapshot.h"
#include "views/live/child_program.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>

#include <algorithm>

namespace expertscope {

QString captureFolder()
{
    return cachedAt("captures");
}

CaptureFollower::CaptureFollower(CaptureRun& run, QObject* parent)
    : QObject(parent)
    , m_run(run)
{
    m_timer.setInterval(kEveryMs / 2);
    connect(&m_timer, &QTimer::timeout, this, &CaptureFollower::look);
    connect(&run, &CaptureRun::stateChanged, this, [this] {
        if (m_run.state() == CaptureRun::State::Running)
            begin();
        else if (!m_run.running()) {
            m_timer.stop();
            m_job.cancel();
        }
    });
}

CaptureFollower::~CaptureFollower()
{
    m_job.cancel();
    forget();
}

void CaptureFollower::forget()
{
    if (m_path.isEmpty())
        return;
    QFile::remove(m_path);
    QDir().rmdir(QFileInfo(m_path).absolutePath());
}

void CaptureFollower::begin()
{
    forget();
    for (const QString& process : QDir(captureFolder()).entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
        if (!QFileInfo::exists("/proc/" + process)) // left by a window that was killed
            QDir(captureFolder() + '/' + process).removeRecursively();
    }
    // A folder a process: two windows may follow captures of the same name.
    const QString folder = captureFolder() + '/' + QString::number(QCoreApplication::applicationPid());
    m_path = folder + '/' + QFileInfo(m_run.order().output).fileName();
    m_tokens = 0;
    m_lookMs = 0;
    m_since.start();
    m_timer.start();
}

void CaptureFollower::look()
{
    if (!m_on || m_job.running() || m_run.tokensDone() <= qint64(m_tokens)
        || m_since.elapsed() < std::max<qint64>(kEveryMs, 10 * m_lookMs))
        return;
    QDir().mkpath(QFileInfo(m_path).absolutePath());
    QElapsedTimer took;
    took.start();
    m_job.start([this, took, output = m_run.order().output.toStdString(), path = m_path.toStdString(),
                    atLeast = m_tokens + 1](const JobTracker::Handle&) -> JobTracker::Delivery {
        const auto snapshot = snapshotTrace(output, path, atLeast);
        const quint64 tokens = snapshot ? snapshot->tokens : 0; // not begun, finished, gone: the capture itself tells
        return [this, took, tokens] {
            m_lookMs = took.elapsed();
            m_since.restart();
            if (tokens == 0)
                return;
            m_tokens = tokens;
            emit grew(m_path, tokens);
        };
    });
}

}
