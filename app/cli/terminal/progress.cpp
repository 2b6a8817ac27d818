// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/terminal/progress.h"

#include "app/cli/reading/emphasis.h"
#include "app/cli/terminal/progress_line.h"

#include <cstdio>

#include <unistd.h>

namespace expertscope {

TerminalProgress::TerminalProgress()
    : m_terminal(isatty(STDERR_FILENO) && followsSequences())
    , m_shown(std::make_shared<bool>(false))
{
}

std::function<bool(double)> TerminalProgress::callback() const
{
    if (!m_terminal)
        return {};
    using Clock = std::chrono::steady_clock;
    return [line = ProgressLine(Clock::now()), shown = m_shown](double fraction) mutable {
        if (const auto text = line.at(fraction, Clock::now())) {
            *shown = true;
            std::fprintf(stderr, "\r%s\033[K", text->c_str());
        }
        return true;
    };
}

void TerminalProgress::say(const std::string& text) const
{
    if (m_terminal && std::chrono::steady_clock::now() - m_start > std::chrono::milliseconds(200))
        std::fprintf(stderr, "\r\033[K%s", text.c_str());
}

TerminalProgress::~TerminalProgress()
{
    if (*m_shown)
        std::fprintf(stderr, "\r\033[K");
}

}
