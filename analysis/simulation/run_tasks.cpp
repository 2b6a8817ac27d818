// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/simulation/run_tasks.h"

#include "io/base/workers.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace expertscope::simulation {

unsigned threadsOf(unsigned asked)
{
    return asked ? asked : std::max(1u, std::thread::hardware_concurrency());
}

bool runTasks(std::size_t count, unsigned threads, const std::function<void(std::size_t, const std::stop_token&)>& work,
    const std::function<bool(double)>& progress)
{
    std::atomic<std::size_t> next{0};
    std::size_t done = 0, finished = 0;
    std::mutex mutex;
    std::condition_variable changed;
    std::stop_source stop;
    const auto wanted
        = static_cast<unsigned>(std::clamp<std::size_t>(threadsOf(threads), 1, std::max<std::size_t>(count, 1)));
    /// Says so when a worker ends, also when it finds no memory.
    struct Finished
    {
        std::mutex& mutex;
        std::condition_variable& changed;
        std::size_t& finished;
        std::stop_source& stop;
        ~Finished()
        {
            if (std::uncaught_exceptions() > 0)
                stop.request_stop();
            const std::lock_guard lock(mutex);
            ++finished;
            changed.notify_all();
        }
    };
    Workers running;
    const unsigned workers = running.startOrDo(wanted, [&](unsigned) {
        const Finished atEnd{mutex, changed, finished, stop};
        for (std::size_t i = next++; i < count && !stop.stop_requested(); i = next++) {
            work(i, stop.get_token());
            const std::lock_guard lock(mutex);
            ++done;
        }
    });
    std::unique_lock lock(mutex);
    while (finished < workers) {
        changed.wait_for(lock, std::chrono::milliseconds(20), [&] { return finished == workers; });
        if (!progress || stop.stop_requested())
            continue;
        const double fraction = double(done) / double(std::max<std::size_t>(count, 1));
        lock.unlock();
        if (!progress(fraction))
            stop.request_stop();
        lock.lock();
    }
    lock.unlock();
    running.join();
    return done == count && !stop.stop_requested();
}

}
