// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/session/job_tracker.h"

#include "io/base/vector_state.h"

#include <QMetaObject>
#include <QThreadPool>

#include <algorithm>
#include <mutex>

namespace expertscope {

struct JobTracker::Handle::State
{
    Id id = 0;
    std::atomic<bool> cancelled{false};
    std::atomic<int> permille{-1};
    std::mutex mutex; ///< guards `tracker`
    JobTracker* tracker = nullptr; ///< null once it is gone or has lost interest

    /// Runs `call` in the tracker's thread, if there still is one.
    void post(std::function<void(JobTracker*)> call)
    {
        const std::lock_guard lock(mutex);
        if (tracker)
            QMetaObject::invokeMethod(
                tracker, [to = tracker, call = std::move(call)] { call(to); }, Qt::QueuedConnection);
    }
};

bool JobTracker::Handle::cancelled() const
{
    return m_state->cancelled;
}

JobTracker::Id JobTracker::Handle::id() const
{
    return m_state->id;
}

void JobTracker::Handle::progress(double fraction) const
{
    const int permille = int(fraction * 1000);
    if (m_state->permille.exchange(permille) == permille)
        return;
    m_state->post([id = m_state->id, fraction](JobTracker* tracker) {
        if (tracker->m_current == id)
            emit tracker->progressed(fraction);
    });
}

void JobTracker::Handle::deliver(Delivery delivery) const
{
    m_state->post([id = m_state->id, delivery = std::move(delivery)](JobTracker* tracker) {
        if (tracker->m_current == id)
            delivery();
    });
}

JobTracker::JobTracker(QObject* parent)
    : QObject(parent)
{
}

JobTracker::~JobTracker()
{
    if (!m_handle.m_state)
        return;
    m_handle.m_state->cancelled = true;
    const std::lock_guard lock(m_handle.m_state->mutex);
    m_handle.m_state->tracker = nullptr;
}

JobTracker::Id JobTracker::start(Job job)
{
    cancel();
    m_handle.m_state = std::make_shared<Handle::State>();
    m_handle.m_state->id = m_current = ++m_lastId;
    m_handle.m_state->tracker = this;
    const Id id = m_current;
    emit started(id);
    // Jobs mostly wait for passes that have threads of their own: a long one must not keep a newer one from starting.
    QThreadPool* const pool = QThreadPool::globalInstance();
    pool->setMaxThreadCount(std::max(pool->maxThreadCount(), 16));
    pool->start([handle = m_handle, job = std::move(job)] {
        freeUpperHalves();
        Delivery delivery;
        if (!handle.cancelled())
            delivery = job(handle);
        if (handle.cancelled())
            return;
        handle.m_state->post([id = handle.id(), delivery = std::move(delivery)](JobTracker* tracker) {
            if (tracker->m_current != id)
                return; // a newer one has started, or it was cancelled, after this was posted
            tracker->m_current = 0;
            if (delivery)
                delivery();
            emit tracker->finished(id);
        });
    });
    return id;
}

void JobTracker::cancel()
{
    if (m_current == 0)
        return;
    const Id id = m_current;
    m_current = 0;
    m_handle.m_state->cancelled = true;
    {
        const std::lock_guard lock(m_handle.m_state->mutex);
        m_handle.m_state->tracker = nullptr;
    }
    emit cancelled(id);
}

}
