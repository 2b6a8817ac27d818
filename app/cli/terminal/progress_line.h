// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace expertscope {

/// What is said of work that goes on: "analysing: 12 %, about 40 s left". Nothing in its first second, and nothing twice; how
/// long it takes still where that is known and long.
class ProgressLine
{
public:
    using Time = std::chrono::steady_clock::time_point;

    explicit ProgressLine(Time start)
        : m_start(start)
    {
    }
    /// What is to be shown now, where that is something else than before. Where several traces or passes follow each
    /// other, `fraction` (0 to 1) begins anew with each.
    std::optional<std::string> at(double fraction, Time now);

private:
    double secondsLeft(double fraction, Time now); ///< if it goes on as it went; negative: not known yet

    Time m_start;
    std::optional<Time> m_begun; ///< of the part at hand
    double m_first = 0, m_last = 0; ///< fractions
    int m_percent = -1; ///< shown last
};

}
