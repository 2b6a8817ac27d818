// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/base/program.h"

#include "io/base/standard_streams.h"

#include <cerrno>
#include <csignal>
#include <cstdio>

#include <fcntl.h>
#include <unistd.h>

namespace expertscope {

namespace {

/// A program may be started with a standard stream closed: the next file that is opened would take its number, and what
/// is printed would go into that.
void guardStandardStreams()
{
    for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        // The wrong way round, so that using it stays the error that it is; it takes the lowest free number.
        if (fcntl(number, F_GETFD) < 0 && errno == EBADF)
            (void)open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
}

}

int runProgram(const char* name, const std::function<int()>& run)
{
    guardStandardStreams();
    // Whoever writes to a pipe that nobody reads, or past a limit of file sizes, gets an error instead.
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
    int status = 1;
    try {
        status = run();
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "%s: %s\n", name, reasonOf(problem).c_str());
    }
    if (const auto printed = finishPrinting(); status == 0 && !printed) {
        std::fprintf(stderr, "%s: %s\n", name, printed.error().message().c_str());
        return 1;
    }
    return status;
}

}
