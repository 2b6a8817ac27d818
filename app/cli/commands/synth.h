// SPDX-License-Identifier: GPL-3.0-or-later
//
// expertscope synth KIND -o FILE: writes a synthetic trace.
#pragma once

#include "io/synth/kinds.h"

#include <filesystem>
#include <map>
#include <string>

namespace expertscope {

struct SynthCommand
{
    std::string kind;
    std::map<std::string, std::string> values; ///< option without dashes -> text; only those given
    std::filesystem::path output;
    bool force = false;
    unsigned threads = 0;
    bool json = false;
    std::string commandLine;
};

/// What was written on stdout; a line of progress on stderr where that is a terminal. With `json`, one JSON object a
/// line on stdout: events progress, done, error. The exit status: 0, 1, or 2 when the options make no sense.
int runSynth(const SynthCommand& command);

}
