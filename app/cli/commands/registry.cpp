// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command.h"

// One line a command: `Command NAMECommand();` is defined in a file of this folder.
#define EXPERTSCOPE_COMMANDS(COMMAND) \
    COMMAND(info) \
    COMMAND(repair) \
    COMMAND(analyze) \
    COMMAND(compare) \
    COMMAND(merge) \
    COMMAND(figure) \
    COMMAND(metrics) \
    COMMAND(simulate) \
    COMMAND(synth) \
    COMMAND(capture) \
    COMMAND(desktop)

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
