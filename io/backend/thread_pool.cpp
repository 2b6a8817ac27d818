// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/backend/thread_pool.h"

#include <algorithm>
#include <exception>

namespace expertscope {

ThreadPool::ThreadPool(int threads, const std::atomic<bool>* stop)
    : m_stop(stop)
{
    try {
        for (int i = 1; i < threads; ++i)
            m_threads.emplace_back([this, i] { work(i); });
    } catch (const std::exception&) {
        // A limit on processes or memory: those that started, and the caller, do all of it.
    }
}

ThreadPool::~ThreadPool()
{
    {
        const std::lock_guard lock(m_mutex);
        m_quit = true;
    }
    m_wake.notify_all();
    for (auto& thread : m_threads)
        thread.join();
}

void ThreadPool::drain(int worker)
{
    while (!stopped()) {
        const std::int64_t item = m_next.fetch_add(1, std::memory_order_relaxed);
        if (item >= m_items)
            return;
        m_call(m_function, item, worker);
    }
}

void ThreadPool::runErased(std::int64_t items, Call call, const void* function)
{
    if (items <= 0)
        return;
    if (m_threads.empty() || items == 1) {
        for (std::int64_t i = 0; i < items && !stopped(); ++i)
            call(function, i, 0);
        return;
    }
    {
        const std::lock_guard lock(m_mutex);
        m_items = items;
        m_call = call;
        m_function = function;
        m_next.store(0, std::memory_order_relaxed);
        m_busy = static_cast<int>(m_threads.size());
        m_posted.store(++m_generation, std::memory_order_release);
    }
    m_wake.notify_all();
    drain(0);
    std::unique_lock lock(m_mutex);
    m_done.wait(lock, [this] { return m_busy == 0; });
}

void ThreadPool::work(int worker)
{
    std::uint64_t seen = 0;
    for (;;) {
        // The next job of a layer usually comes within microseconds: do not go to sleep at once.
        for (int spin = 0; spin < 2000 && m_posted.load(std::memory_order_acquire) == seen; ++spin) {
#if defined(__x86_64__)
            __builtin_ia32_pause();
#endif
        }
        {
            std::unique_lock lock(m_mutex);
            m_wake.wait(lock, [&] { return m_quit || m_generation != seen; });
            if (m_quit)
                return;
            seen = m_generation;
        }
        drain(worker);
        {
            const std::lock_guard lock(m_mutex);
            --m_busy;
        }
        m_done.notify_one();
    }
}

}
