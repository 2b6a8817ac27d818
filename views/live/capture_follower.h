// SPDX-License-Identifier: GPL-3.0-or-later
//
// Looks at a capture while it grows: its journal, made a trace of now and then.
#pragma once

#include "views/live/capture_run.h"
#include "views/session/job_tracker.h"

#include <QElapsedTimer>
#include <QObject>

namespace expertscope {

/// Where such traces lie: captures/ in cacheFolder().
QString captureFolder();

class CaptureFollower final : public QObject
{
    Q_OBJECT
public:
    /// At most two looks a second, and each no sooner than ten times as long as the last one took: a journal is read from
    /// its beginning.
    static constexpr int kEveryMs = 500;

    explicit CaptureFollower(CaptureRun& run, QObject* parent = nullptr);
    ~CaptureFollower() override; ///< its trace is gone then

    void setFollowing(bool on) { m_on = on; }
    /// The trace of what there is by now, named as the capture's output; its content is replaced at each look.
    const QString& path() const { return m_path; }

signals:
    void grew(const QString& path, quint64 tokens);

private:
    void begin();
    void look();
    void forget();

    CaptureRun& m_run;
    bool m_on = true;
    QString m_path;
    quint64 m_tokens = 0; ///< of the last look
    qint64 m_lookMs = 0; ///< how long it took
    QElapsedTimer m_since; ///< its end
    QTimer m_timer;
    JobTracker m_job;
};

}
