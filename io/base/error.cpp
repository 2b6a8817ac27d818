// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/base/error.h"

#include <new>

namespace expertscope {

std::string reasonOf(const std::exception& problem)
{
    return dynamic_cast<const std::bad_alloc*>(&problem) ? "out of memory" : problem.what();
}

std::string Error::message() const
{
    std::string line = where.empty() ? what : where + ": " + what;
    if (!hint.empty())
        line += " (" + hint + ")";
    // Names out of hostile files must not break the "one line" promise or reach a terminal as control codes.
    for (auto& c : line) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            c = ' ';
    }
    return line;
}

}
