// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace expertscope {

/// A fixed set of threads that take the items of a job one by one. Our own, not at::parallel_for: that one needs the
/// caller to be compiled with OpenMP, and with wheels that rename their libgomp the two would not know of each other.
class ThreadPool
{
public:
    /// `threads` >= 1, the caller's included; fewer where the system starts no more. `stop`: once set, items that no
    /// thread has begun are left out; who set it must expect results that are not there.
    explicit ThreadPool(int threads, const std::atomic<bool>* stop = nullptr);
    ~ThreadPool();
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;

    int size() const { return static_cast<int>(m_threads.size()) + 1; }

    /// Calls function(item, worker) for every item in [0, items), worker in [0, size()); returns when all are done. The
    /// function must not throw. Not reentrant.
    template <class Function> void run(std::int64_t items, const Function& function)
    {
        runErased(
            items,
            [](const void* f, std::int64_t item, int worker) { (*static_cast<const Function*>(f))(item, worker); },
            &function);
    }

private:
    using Call = void (*)(const void*, std::int64_t, int);
    void runErased(std::int64_t items, Call call, const void* function);
    void work(int worker);
    void drain(int worker);
    bool stopped() const { return m_stop && m_stop->load(std::memory_order_relaxed); }

    const std::atomic<bool>* const m_stop;
    std::vector<std::thread> m_threads;
    std::mutex m_mutex;
    std::condition_variable m_wake, m_done;
    std::uint64_t m_generation = 0;
    int m_busy = 0;
    bool m_quit = false;
    std::atomic<std::uint64_t> m_posted{0}; ///< = m_generation; polled briefly before sleeping
    std::atomic<std::int64_t> m_next{0};
    std::int64_t m_items = 0;
    Call m_call = nullptr;
    const void* m_function = nullptr;
};

}
