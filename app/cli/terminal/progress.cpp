// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/terminal/progress.h"

#include "app/cli/reading/emphasis.h"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <optional>
#include <string>

#include <unistd.h>

namespace expertscope {

namespace {

/// How long work will still take, if it goes on as it went. Where several traces or passes follow each other, that of each.
class Pace
{
public:
    using Time = std::chrono::steady_clock::time_point;

    /// Negative: not known yet.
    double secondsLeft(double fraction, Time now)
    {
        if (!m_begun || fraction < m_last) {
            m_begun = now;
            m_first = fraction;
        }
        m_last = fraction;
        const double done = fraction - m_first, seconds = std::chrono::duration<double>(now - *m_begun).count();
        return done > 0 && seconds > 0.5 ? seconds * (1 - fraction) / done : -1;
    }

private:
    std::optional<Time> m_begun;
    double m_first = 0, m_last = 0; ///< fractions
};

/// ", about 40 s left": no more digits than are known; empty where that is not known, or soon over.
std::string leftText(double seconds)
{
    char text[48] = "";
    if (seconds >= 5400)
        std::snprintf(text, sizeof text, ", about %.0f h left", seconds / 3600);
    else if (seconds >= 90)
        std::snprintf(text, sizeof text, ", about %.0f min left", seconds / 60);
    else if (seconds >= 5)
        std::snprintf(text, sizeof text, ", about %.0f s left", seconds < 20 ? seconds : std::round(seconds / 10) * 10);
    return text;
}

}

TerminalProgress::TerminalProgress()
    : m_terminal(isatty(STDERR_FILENO) && followsSequences())
    , m_shown(std::make_shared<int>(-1))
{
}

std::function<bool(double)> TerminalProgress::callback() const
{
    if (!m_terminal)
        return {};
    return [start = std::chrono::steady_clock::now(), pace = Pace(), shown = m_shown](double fraction) mutable {
        const auto now = std::chrono::steady_clock::now();
        const double left = pace.secondsLeft(fraction, now);
        const int percent = int(fraction * 100);
        if (now - start > std::chrono::seconds(1) && percent != *shown) {
            *shown = percent;
            std::fprintf(stderr, "\ranalysing: %d %%%s\033[K", percent, leftText(left).c_str());
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
    if (*m_shown >= 0)
        std::fprintf(stderr, "\r\033[K");
}

}
