// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>

namespace expertscope {

/// A percentage on the terminal, once a second has passed; nothing where stderr is no terminal.
class TerminalProgress
{
public:
    std::function<bool(double)> callback() const;
    ~TerminalProgress();
};

}
