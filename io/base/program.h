// SPDX-License-Identifier: GPL-3.0-or-later
//
// How each program of the family begins and ends.
#pragma once

#include <functional>

namespace expertscope {

/// What main() returns: the status of `run`, or 1 after one line "NAME: …" on stderr when memory ran out or what was
/// printed did not arrive.
int runProgram(const char* name, const std::function<int()>& run);

}
