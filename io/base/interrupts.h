// SPDX-License-Identifier: GPL-3.0-or-later
//
// What Ctrl-C (SIGINT), SIGTERM and a terminal that closes (SIGHUP) do to a command, in one place. As a rule the
// program says that it was stopped, removes what is not whole yet and ends by the signal, at once and whatever it is
// doing: nothing has to ask for it. A command that has something to bring home asks for a moment first
// (stopGracefully).
#pragma once

#include <atomic>
#include <filesystem>
#include <string>

namespace expertscope {

/// The first thing main() does; a module that is loaded does it again, as it has tables of its own. `program` begins
/// the message. A SIGHUP that is ignored (nohup) stays ignored. A file that meets a limit on its size is an error of
/// the write from then on, like a full disk, and no signal.
void installInterrupts(const std::string& program);

/// Of a file that was asked for and is there now, whole: a signal that ends the program from now on says so, instead of
/// that nothing was written.
void noteWritten(const std::filesystem::path& path);

/// Ends the program as a signal does that comes now, without a word.
[[noreturn]] void endBy(int signal);

/// From now on the first signal only asks: it says `asked`, and stopRequested() becomes true. A second signal ends the
/// program as ever; when it has not ended by itself after kStopSeconds, it ends with status 1. Both say `givenUp`: what
/// is kept. `event`, unless empty, goes to standard output then.
void stopGracefully(const std::string& asked, const std::string& givenUp, const std::string& event = {});
inline constexpr double kStopSeconds = 1.5;
const std::atomic<bool>& stopRequested();

/// A file that is being written beside the place where it shall appear, or that nothing can be done with before it is
/// whole. A signal that ends the program removes it.
class Unfinished
{
public:
    explicit Unfinished(const std::filesystem::path& path);
    ~Unfinished(); ///< it was renamed or removed
    Unfinished(const Unfinished&) = delete;
    Unfinished& operator=(const Unfinished&) = delete;

private:
    int m_slot = -1;
};

/// While one lives, signals wait: files that belong together appear all of them or none. For a few renames.
class Uninterrupted
{
public:
    Uninterrupted();
    ~Uninterrupted();
    Uninterrupted(const Uninterrupted&) = delete;
    Uninterrupted& operator=(const Uninterrupted&) = delete;
};

}
