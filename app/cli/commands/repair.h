// SPDX-License-Identifier: GPL-3.0-or-later
//
// expertscope repair FILE: a readable, incomplete trace of what a killed capture left.
#pragma once

#include <string>

namespace expertscope {

struct RepairCommand
{
    std::string file; ///< the trace, not its journal
    bool json = false;
};

/// Prints to stdout; the exit status (0, or 1 with one line on stderr).
int runRepair(const RepairCommand& command);

}
