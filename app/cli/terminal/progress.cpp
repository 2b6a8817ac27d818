// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/terminal/progress.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <unistd.h>

namespace expertscope {

namespace {

bool canTakeBack()
{
    const char* const terminal = std::getenv("TERM");
    return isatty(STDERR_FILENO) && terminal && *terminal && std::strcmp(terminal, "dumb") != 0;
}

}

TerminalProgress::TerminalProgress()
    : m_terminal(canTakeBack())
    , m_shown(std::make_shared<int>(-1))
{
}

std::function<bool(double)> TerminalProgress::callback() const
{
    if (!m_terminal)
        return {};
    return [start = std::chrono::steady_clock::now(), shown = m_shown](double fraction) {
        const int percent = int(fraction * 100);
        if (std::chrono::steady_clock::now() - start > std::chrono::seconds(1) && percent != *shown) {
            *shown = percent;
            std::fprintf(stderr, "\ranalysing: %d %%", percent);
        }
        return true;
    };
}

TerminalProgress::~TerminalProgress()
{
    if (*m_shown >= 0)
        std::fprintf(stderr, "\r\033[K");
}

}
