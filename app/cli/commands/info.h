// SPDX-License-Identifier: GPL-3.0-or-later
//
// expertscope info FILE: what a trace is, from its attributes alone.
#pragma once

#include <string>

namespace expertscope {

struct InfoCommand
{
    std::string file;
    bool json = false;
};

/// Prints to stdout; the exit status (0, or 1 with one line on stderr).
int runInfo(const InfoCommand& command);

}
