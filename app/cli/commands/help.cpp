// SPDX-License-Identifier: GPL-3.0-or-later
//
// expertscope help [COMMAND...]: what `expertscope COMMAND... --help` says.
#include "app/cli/arguments.h"

namespace expertscope {

namespace {

Run declare(Arguments& arguments)
{
    const auto words = std::make_shared<std::vector<std::string>>();
    arguments.option("command", *words, "The command, such as simulate cache; default: all of them").choices([] {
        std::vector<std::string> names;
        for (const Command& command : commandRegistry()) {
            if (command.name != kFileCommand)
                names.push_back(command.name);
        }
        return names;
    });
    return [arguments, words] {
        auto asked = *words;
        asked.push_back("--help");
        return arguments.runInstead(asked);
    };
}

}

Command helpCommand()
{
    return {"help", "Say what a command does and which options it has", declare};
}

}
