// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace expertscope {

class Arguments;

/// What a command does once the line was read: the exit status. 0, 1 after one line on stderr, 2 when options make no
/// sense.
using Run = std::function<int()>;

/// A command: one file in commands/ that tells its options, their meaning and what is done, and one line in registry.cpp.
struct Command
{
    std::string name, title;
    /// Declares the options; what is returned holds what they are read into.
    std::function<Run(Arguments& arguments)> declare;
    /// Another program that takes the words behind the name as they are, instead.
    std::function<int(const std::vector<std::string>& words)> takeOver = {};
    /// What the --help of that program says; empty where it cannot be asked.
    std::function<std::string()> help = {};
};

/// Not listed: what is done with a file that stands in place of a command.
inline constexpr const char* kFileCommand = "__file";

/// All commands, in the order of --help.
const std::vector<Command>& commandRegistry();

}
