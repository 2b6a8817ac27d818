// SPDX-License-Identifier: GPL-3.0-or-later
//
// The handlers run in whichever thread, between any two instructions: they use atomics, memory that is there for good,
// and functions that signal-safety(7) lists.
#include "io/base/interrupts.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <ctime>
#include <mutex>
#include <sched.h>
#include <unistd.h>

namespace expertscope {

namespace {

static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);

/// A line that a handler can write. Set before it can be asked for, and never freed.
struct Line
{
    char text[PATH_MAX + 512];
    std::atomic<int> size{0};

    void set(const std::string& line)
    {
        size = 0;
        append(line);
    }
    /// What a handler sees meanwhile is the line as it was.
    void append(const std::string& more)
    {
        const auto before = static_cast<std::size_t>(size.load());
        const std::size_t length = std::min(more.size(), sizeof text - before);
        std::memcpy(text + before, more.data(), length);
        size = static_cast<int>(before + length);
    }
    void write(int file) const
    {
        [[maybe_unused]] const auto written = ::write(file, text, static_cast<std::size_t>(size.load()));
    }
};

Line stoppedLine, askedLine, givenUpLine, event;
std::string stoppedBegin; ///< "expertscope: stopped"
Line writtenLine; ///< instead of stoppedLine, once something is there

/// A file to remove. Only who gets it from Armed to Taken may read the path.
struct Slot
{
    enum State : int
    {
        Free,
        Filling,
        Armed,
        Taken
    };
    std::atomic<int> state{Free};
    char path[PATH_MAX];
};
std::array<Slot, 32> slots;

std::atomic<bool> graceful{false}, timed{false}, requested{false};
std::atomic<int> held{0}; ///< Uninterrupted ones that live
std::atomic<int> waiting{0}; ///< the signal that came meanwhile
std::atomic<bool> ending{false};
timer_t deadline;

void removeUnfinished()
{
    for (Slot& slot : slots) {
        int armed = Slot::Armed;
        if (slot.state.compare_exchange_strong(armed, Slot::Taken))
            unlink(slot.path);
    }
}

[[noreturn]] void dieOf(int signal)
{
    std::signal(signal, SIG_DFL);
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, signal);
    pthread_sigmask(SIG_UNBLOCK, &only, nullptr);
    raise(signal);
    _exit(128 + signal);
}

[[noreturn]] void end(int signal)
{
    removeUnfinished();
    if (!graceful && writtenLine.size > 0) {
        writtenLine.write(STDERR_FILENO);
        [[maybe_unused]] const auto ended = ::write(STDERR_FILENO, "\n", 1);
    } else {
        (graceful ? givenUpLine : stoppedLine).write(STDERR_FILENO);
    }
    event.write(STDOUT_FILENO);
    if (signal != SIGALRM)
        dieOf(signal);
    _exit(1);
}

void onSignal(int signal)
{
    const int saved = errno;
    if (graceful && signal != SIGALRM && !requested.exchange(true)) {
        askedLine.write(STDERR_FILENO);
        constexpr auto whole = static_cast<time_t>(kStopSeconds);
        const itimerspec time{{}, {whole, static_cast<long>((kStopSeconds - double(whole)) * 1e9)}};
        if (timed)
            timer_settime(deadline, 0, &time, nullptr);
        errno = saved;
        return;
    }
    // Either an Uninterrupted one that ends now sees the signal that waits, or this sees that none lives any more; and
    // one that begins now either is seen here, or sees that this is the end.
    waiting = signal;
    if (ending.exchange(true)) // in another thread
        return;
    if (held > 0) {
        ending = false;
        errno = saved;
        return;
    }
    end(signal);
}

void handle(int signal)
{
    struct sigaction action
    {
    };
    action.sa_handler = onSignal;
    sigfillset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    sigaction(signal, &action, nullptr);
}

}

void installInterrupts(const std::string& program)
{
    // On a terminal a line of progress may stand there.
    stoppedBegin = (isatty(STDERR_FILENO) == 1 ? "\r\033[K" : "") + program + ": stopped";
    stoppedLine.set(stoppedBegin + ", nothing was written\n");
    handle(SIGINT);
    handle(SIGTERM);
    struct sigaction hangUp
    {
    };
    if (sigaction(SIGHUP, nullptr, &hangUp) == 0 && hangUp.sa_handler != SIG_IGN)
        handle(SIGHUP);
    std::signal(SIGXFSZ, SIG_IGN);
}

void noteWritten(const std::filesystem::path& path)
{
    static std::mutex mutex;
    const std::lock_guard lock(mutex);
    writtenLine.append((writtenLine.size == 0 ? stoppedBegin + "; written whole: " : ", ") + path.string());
}

void endBy(int signal)
{
    removeUnfinished();
    dieOf(signal);
}

void stopGracefully(const std::string& asked, const std::string& givenUp, const std::string& out)
{
    const std::string begin = isatty(STDERR_FILENO) == 1 ? "\r\033[K" : "";
    askedLine.set(begin + asked);
    givenUpLine.set(begin + givenUp);
    event.set(out);
    sigevent expired{};
    expired.sigev_notify = SIGEV_SIGNAL;
    expired.sigev_signo = SIGALRM;
    handle(SIGALRM);
    timed = timer_create(CLOCK_MONOTONIC, &expired, &deadline) == 0;
    graceful = true;
}

const std::atomic<bool>& stopRequested()
{
    return requested;
}

Unfinished::Unfinished(const std::filesystem::path& path)
{
    if (path.native().size() >= PATH_MAX)
        return; // cannot be opened either
    for (std::size_t i = 0; i < slots.size(); ++i) {
        int free = Slot::Free;
        if (!slots[i].state.compare_exchange_strong(free, Slot::Filling))
            continue;
        std::strcpy(slots[i].path, path.c_str());
        slots[i].state = Slot::Armed;
        m_slot = static_cast<int>(i);
        return;
    }
}

Unfinished::~Unfinished()
{
    if (m_slot < 0)
        return;
    int armed = Slot::Armed;
    if (!slots[static_cast<std::size_t>(m_slot)].state.compare_exchange_strong(armed, Slot::Free)) {
        for (;;) // the program is being ended by another thread
            pause();
    }
}

Uninterrupted::Uninterrupted()
{
    ++held;
    while (ending)
        sched_yield();
}

Uninterrupted::~Uninterrupted()
{
    if (--held == 0) {
        if (const int signal = waiting)
            raise(signal);
    }
}

}
