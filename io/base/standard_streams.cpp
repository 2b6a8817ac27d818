// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/base/standard_streams.h"

#include "io/base/interrupts.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include <unistd.h>

namespace expertscope {

namespace {

int firstError = 0; ///< of print(); the stream itself remembers only that there was one

bool written(std::string_view text)
{
    errno = 0;
    if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0)
        return true;
    if (firstError == 0)
        firstError = errno;
    return false;
}

tl::unexpected<Error> lost(int code)
{
    if (code == EPIPE)
        endBy(SIGPIPE);
    return fail(code ? std::strerror(code) : "cannot be written", "standard output");
}

}

Expected<void> print(std::string_view text)
{
    if (written(text))
        return {};
    return lost(firstError);
}

void printEvent(std::string_view text)
{
    (void)written(text);
}

Expected<void> finishPrinting()
{
    errno = 0;
    const bool before = std::ferror(stdout) != 0;
    if (std::fflush(stdout) != 0 || before)
        return lost(firstError ? firstError : errno);
    // Network file systems say only now that there is no room. Nothing was printed to what was closed from the start.
    const int again = dup(STDOUT_FILENO);
    if (again >= 0 && close(again) != 0)
        return lost(errno);
    return {};
}

}
