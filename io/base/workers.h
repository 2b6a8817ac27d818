// SPDX-License-Identifier: GPL-3.0-or-later
//
// Threads that share one piece of work.
#pragma once

#include "io/base/vector_state.h"

#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace expertscope {

/// As many as the system gives: where it starts no more (a limit of processes, no room for a stack), fewer do the work,
/// if need be the one that asked. What one of them throws (no memory) is thrown where they are waited for.
class Workers
{
public:
    Workers() = default;
    Workers(const Workers&) = delete;
    ~Workers() { end(); }

    /// Starts up to `count` threads of work(0), work(1), …; how many there are.
    template <class Work> unsigned start(unsigned count, const Work& work)
    {
        m_threads.reserve(count);
        try {
            for (unsigned i = 0; i < count; ++i)
                m_threads.emplace_back([this, work, i] { guarded(work, i); });
        } catch (const std::system_error&) {
        }
        return static_cast<unsigned>(m_threads.size());
    }

    /// start(); where not even one could be started, work(0) is done here and now. How many did it.
    template <class Work> unsigned startOrDo(unsigned count, const Work& work)
    {
        if (const unsigned started = start(count, work))
            return started;
        guarded(work, 0u);
        return 1;
    }

    /// Waits for all of them.
    void join()
    {
        end();
        if (m_problem)
            std::rethrow_exception(std::exchange(m_problem, nullptr));
    }

private:
    template <class Work> void guarded(const Work& work, unsigned i)
    {
        freeUpperHalves();
        try {
            work(i);
        } catch (...) {
            const std::lock_guard lock(m_mutex);
            if (!m_problem)
                m_problem = std::current_exception();
        }
    }
    void end()
    {
        for (std::thread& thread : m_threads)
            thread.join();
        m_threads.clear();
    }

    std::mutex m_mutex;
    std::exception_ptr m_problem;
    std::vector<std::thread> m_threads;
};

}
