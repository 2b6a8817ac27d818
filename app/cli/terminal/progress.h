// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <memory>

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

private:
    bool m_terminal;
    std::shared_ptr<bool> m_shown; ///< there is a line to take back
};

}
