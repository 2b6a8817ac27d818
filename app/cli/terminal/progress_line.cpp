// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/terminal/progress_line.h"

#include "io/base/text.h"

#include <cmath>

namespace expertscope {

namespace {

/// ", about 40 s left": no more digits than are known; empty where that is not known, or soon over.
std::string leftText(double seconds)
{
    if (seconds >= 5400)
        return format(", about %.0f h left", seconds / 3600);
    if (seconds >= 90)
        return format(", about %.0f min left", seconds / 60);
    if (seconds >= 5)
        return format(", about %.0f s left", seconds < 20 ? seconds : std::round(seconds / 10) * 10);
    return {};
}

}

double ProgressLine::secondsLeft(double fraction, Time now)
{
    if (!m_begun || fraction < m_last) {
        m_begun = now;
        m_first = fraction;
    }
    m_last = fraction;
    const double done = fraction - m_first, seconds = std::chrono::duration<double>(now - *m_begun).count();
    return done > 0 && seconds > 0.5 ? seconds * (1 - fraction) / done : -1;
}

std::optional<std::string> ProgressLine::at(double fraction, Time now)
{
    const double left = secondsLeft(fraction, now);
    const int percent = int(fraction * 100);
    if (now - m_start <= std::chrono::seconds(1) || percent == m_percent)
        return {};
    m_percent = percent;
    return "analysing: " + std::to_string(percent) + " %" + leftText(left);
}

}
