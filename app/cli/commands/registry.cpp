// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command.h"

// One line a command: `Command NAMECommand();` is defined in a file of this folder.
#define EXPERTSCOPE_COMMANDS(COMMAND) \
    COMMAND(capture) \
    COMMAND(inspect) \
    COMMAND(info) \
    COMMAND(analyze) \
    COMMAND(compare) \
    COMMAND(expert) \
    COMMAND(simulate) \
    COMMAND(figure) \
    COMMAND(report) \
    COMMAND(desktop) \
    COMMAND(metrics) \
    COMMAND(synth) \
    COMMAND(summary) \
    COMMAND(merge) \
    COMMAND(repair) \
    COMMAND(help) \
    COMMAND(completion) \
    COMMAND(man) \
    COMMAND(file)

namespace expertscope {

#define DECLARE(NAME) Command NAME##Command();
EXPERTSCOPE_COMMANDS(DECLARE)
#undef DECLARE

const std::vector<Command>& commandRegistry()
{
#define LIST(NAME) NAME##Command(),
    static const std::vector<Command> commands{EXPERTSCOPE_COMMANDS(LIST)};
#undef LIST
    return commands;
}

}
