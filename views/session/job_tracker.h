// SPDX-License-Identifier: GPL-3.0-or-later
//
// One background job at a time for a view: the newest wins, a cancelled or outdated one never delivers.
#pragma once

#include <QObject>

#include <atomic>
#include <functional>
#include <memory>

namespace expertscope {

/// Starts jobs on the global thread pool. Not thread-safe itself: call it from the thread it lives in.
///
/// A job asks handle.cancelled() often (in the `progress` callback of a pass) and returns what is to be done with its
/// result; that runs in the tracker's thread, and only if no later start(), cancel() or destruction came first.
class JobTracker final : public QObject
{
    Q_OBJECT
public:
    using Id = quint64;
    using Delivery = std::function<void()>;

    /// What a running job sees. Copies share one state; usable from the job's thread only.
    class Handle
    {
    public:
        bool cancelled() const;
        /// Shown no more often than the eye can follow: 0.1 % steps.
        void progress(double fraction) const;
        /// Hands on a part of the result while the job goes on; dropped like the rest when it is outdated.
        void deliver(Delivery delivery) const;
        Id id() const;

    private:
        friend class JobTracker;
        struct State;
        std::shared_ptr<State> m_state;
    };
    using Job = std::function<Delivery(const Handle&)>;

    explicit JobTracker(QObject* parent = nullptr);
    /// Cancels; does not wait. The job's thread may outlive the tracker, its result is dropped.
    ~JobTracker() override;

    /// Cancels what runs and starts `job`.
    Id start(Job job);
    void cancel();
    bool running() const { return m_current != 0; }

signals:
    void started(quint64 id);
    void progressed(double fraction);
    void finished(quint64 id); ///< delivered
    void cancelled(quint64 id); ///< by cancel(), or because a newer one started

private:
    Id m_lastId = 0;
    Id m_current = 0;
    Handle m_handle;
};

}
