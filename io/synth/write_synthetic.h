// SPDX-License-Identifier: GPL-3.0-or-later
//
// From a generator to a trace file.
#pragma once

#include "io/synth/generator.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

namespace expertscope {

struct SynthRequest
{
    std::filesystem::path output;
    bool force = false; ///< replace what is there, and what an interrupted run left
    unsigned threads = 0; ///< that pack; 0: all cores
    std::string kind; ///< for the provenance, as are the others
    std::map<std::string, std::string> parameters; ///< kept as attributes synth_NAME
    std::string commandLine;
    std::function<void(std::uint64_t tokens)> progress; ///< tokens made so far
    std::function<void()>
        assembling; ///< all is made and packed but the last few chunks; the file is being put together
};

/// Writes the whole trace, streaming: memory is the writer's (4 bytes a token, see trace_writer.h) and about 10 MB.
/// An error, or a signal that ends the program, leaves nothing behind.
Expected<void> writeSynthetic(Generator& generator, const SynthRequest& request);

}
