// SPDX-License-Identifier: GPL-3.0-or-later
//
// Where what a command makes goes. Every writer of the program goes through here, because of what must never happen:
// * a file that the command reads is never replaced, whatever name or link leads to it, --force or not;
// * what is there and is not of the kind that is written is replaced only with --force;
// * a file is there whole or not at all, several of one result all or none;
// * what is no file (a pipe, a device) is written into, never replaced; a link stays, what it leads to is replaced.
#pragma once

#include "io/base/error.h"

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace expertscope {

/// A kind of file that the program writes, told by its contents.
struct FileKind
{
    std::string name; ///< "results in JSON", for messages
    std::function<bool(const std::filesystem::path&)> recognises;
    bool repeatable = true; ///< may replace its like without --force
    bool needsFile = false; ///< cannot go into a pipe or a device
};

/// The first bytes of a file, for FileKind::recognises; empty when it cannot be read.
std::string headOf(const std::filesystem::path& path, std::size_t bytes = 4096);

struct Output
{
    std::filesystem::path path; ///< empty or "-": standard output
    FileKind kind;
    std::vector<std::filesystem::path> inputs; ///< what the command reads; of a folder all files but those of `kind`
    bool force = false; ///< replace what is there, of whatever kind

    bool isStandardOutput() const { return path.empty() || path == "-"; }
};

/// Before the work that would be lost: what writing would refuse, as far as it can be known.
Expected<void> checkOutput(const Output& output);
/// Also that no two of them are the same file.
Expected<void> checkOutputs(std::span<const Output> outputs);

/// Checks once more, then writes. What is there stays as it is on an error.
Expected<void> writeOutput(const Output& output, std::string_view bytes);

struct OutputPart
{
    Output output;
    std::string_view bytes;
};
/// All of them or none. Of those that are inputs only such as would stay what they are.
Expected<void> writeOutputs(std::span<const OutputPart> parts);

}
