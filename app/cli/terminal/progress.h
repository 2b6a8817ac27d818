// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace expertscope {

/// A ProgressLine on the terminal while it lives; nothing where stderr is no terminal, or one that cannot take a line back.
class TerminalProgress
{
public:
    TerminalProgress();
    ~TerminalProgress();
    TerminalProgress(const TerminalProgress&) = delete;
    TerminalProgress& operator=(const TerminalProgress&) = delete;

    std::function<bool(double)> callback() const;
    /// What is known already, above the percentage; nothing where that is not shown, or the work is over soon.
    void say(const std::string& text) const;

private:
    bool m_terminal;
    const std::chrono::steady_clock::time_point m_start = std::chrono::steady_clock::now();
    std::shared_ptr<bool> m_shown; ///< there is a line to take back
};

}
