// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a command says of itself, as plain data: --help, the man page and the shells' completions are made of it.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace expertscope {

struct ManualOption
{
    std::vector<std::string> names; ///< "-o", "--output"; of a positional argument what it is called: "TRACE"
    std::string value; ///< "FILE"; empty: a flag, or positional
    std::string standard; ///< what it is where it is not given; empty: nothing, or told in `text`
    std::string text;
    bool required = false, list = false; ///< list: takes several values
    std::vector<std::string> choices; ///< some values there are, for completions; empty: not known
};

struct Manual
{
    std::string name; ///< "cache"
    std::string line; ///< "expertscope simulate cache"
    std::string title;
    std::vector<ManualOption> arguments, options;
    bool needsCommand = false;
    std::vector<Manual> commands;
    std::function<std::string(std::size_t width)> footer = {}; ///< below the options; empty: none
    std::function<std::string()> help = {}; ///< of another program: what its --help says, instead of all this
};

}
