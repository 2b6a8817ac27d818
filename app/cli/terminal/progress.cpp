// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/terminal/progress.h"

#include <chrono>
#include <cstdio>

#include <unistd.h>

namespace expertscope {

std::function<bool(double)> TerminalProgress::callback() const
{
    if (!isatty(STDERR_FILENO))
        return {};
    const auto start = std::chrono::steady_clock::now();
    return [start, shown = -1](double fraction) mutable {
        const int percent = int(fraction * 100);
        if (std::chrono::steady_clock::now() - start > std::chrono::seconds(1) && percent != shown) {
            shown = percent;
            std::fprintf(stderr, "\ranalysing: %d %%", percent);
        }
        return true;
    };
}

TerminalProgress::~TerminalProgress()
{
    if (isatty(STDERR_FILENO))
        std::fprintf(stderr, "\r\033[K");
}

}
