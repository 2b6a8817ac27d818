// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/reading/page.h"

#include "app/cli/terminal/table.h"
#include "io/base/standard_streams.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>

#include <sys/wait.h>
#include <unistd.h>

namespace expertscope {

namespace {

/// The command for a shell; empty: none is wanted.
std::string pagerCommand()
{
    for (const char* name : {"EXPERTSCOPE_PAGER", "PAGER"}) {
        if (const char* const command = std::getenv(name))
            return std::string(command) == "cat" ? std::string() : command;
    }
    return "less";
}

/// Ignores a signal as long as it lives.
class Ignored
{
public:
    explicit Ignored(int signal)
        : m_signal(signal)
        , m_before(std::signal(signal, SIG_IGN))
    {
    }
    ~Ignored() { std::signal(m_signal, m_before); }
    Ignored(const Ignored&) = delete;
    Ignored& operator=(const Ignored&) = delete;

private:
    int m_signal;
    void (*m_before)(int);
};

void feed(int pipe, const std::string& text)
{
    for (std::size_t done = 0; done < text.size();) {
        const ssize_t n = write(pipe, text.data() + done, text.size() - done);
        if (n < 0 && errno != EINTR)
            return; // the reader has seen enough
        done += n > 0 ? std::size_t(n) : 0;
    }
}

/// Whether the pager could be started and has shown the text, or as much as its reader wanted.
bool paged(const std::string& command, const std::string& text)
{
    int ends[2];
    if (pipe(ends) != 0)
        return false;
    const pid_t child = fork();
    if (child == 0) {
        dup2(ends[0], STDIN_FILENO);
        close(ends[0]);
        close(ends[1]);
        setenv("LESS", "FRX", 0);
        execl("/bin/sh", "sh", "-c", command.c_str(), static_cast<char*>(nullptr));
        _exit(127);
    }
    close(ends[0]);
    int status = -1;
    if (child > 0) {
        const Ignored brokenPipe(SIGPIPE), interrupt(SIGINT), quit(SIGQUIT); // the pager is asked, not we
        feed(ends[1], text);
        close(ends[1]);
        while (waitpid(child, &status, 0) < 0 && errno == EINTR) { }
        return !(WIFEXITED(status) && (WEXITSTATUS(status) == 126 || WEXITSTATUS(status) == 127));
    }
    close(ends[1]);
    return false;
}

}

Page pageOf(bool plain)
{
    Page page;
    const bool terminal = !plain && isatty(STDOUT_FILENO);
    page.width = terminal ? terminalWidth() : plainWidth();
    page.pager = terminal && !pagerCommand().empty();
    if (terminal)
        page.emphasis = Emphasis::ofTerminal();
    return page;
}

Expected<void> showPage(const Page& page, const std::string& text)
{
    if (page.pager && paged(pagerCommand(), text))
        return {};
    return print(text);
}

}
