// SPDX-License-Identifier: GPL-3.0-or-later
//
// Completion in a shell: a script that a shell loads asks the program itself, `expertscope __complete WORD…`, what may
// stand in place of the last word.
#pragma once

#include "app/cli/manual/manual.h"
#include "io/base/error.h"

namespace expertscope {

inline constexpr const char* kCompleteCommand = "__complete";
inline constexpr const char* kShells[] = {"bash", "zsh", "fish"};

struct Candidate
{
    std::string word, meaning;

    bool operator==(const Candidate&) const = default;
};

/// `words`: those of the line behind the program's name, the last one being typed (maybe empty). Nothing: names of
/// files, as far as the program knows. `whole` holds the commands of commands.
std::vector<Candidate> candidatesFor(const Manual& whole, const std::vector<std::string>& words);

/// One a line, the meaning behind a tab.
std::string candidateText(const std::vector<Candidate>& candidates);

/// The script for bash, zsh or fish. Error: another shell.
Expected<std::string> completionScript(const std::string& shell);

}
