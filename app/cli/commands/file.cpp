// SPDX-License-Identifier: GPL-3.0-or-later
//
// expertscope TRACE: what the trace is, and what to do next.
#include "app/cli/arguments.h"
#include "io/base/named.h"
#include "io/base/text.h"

#include <cstdio>

namespace expertscope {

namespace {

void sayWhatNext(const std::string& trace)
{
    const std::string word = printable(shellWord(trace));
    std::printf("\nWhat next\n"
                "  expertscope analyze %s\n      its routing in numbers, what is remarkable first\n"
                "  expertscope figure load %s -o load.pdf\n      which expert takes how much, layer by layer\n"
                "  expertscope simulate cache %s\n      what a cache of experts would find\n"
                "  expertscope desktop %s\n      the window\n"
                "  expertscope help\n      all commands\n",
        word.c_str(), word.c_str(), word.c_str(), word.c_str());
}

Run declare(Arguments& arguments)
{
    Run info = named(commandRegistry(), "info")->declare(arguments);
    return [arguments, info] {
        const int status = info();
        if (status == 0 && !arguments.given("--json"))
            sayWhatNext(arguments.firstWord());
        return status;
    };
}

}

Command fileCommand()
{
    return {kFileCommand, {}, declare};
}

}
