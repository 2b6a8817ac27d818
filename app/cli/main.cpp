// SPDX-License-Identifier: GPL-3.0-or-later
//
// expertscope: every headless command but capture. What there is stands in commands/registry.cpp.
#include "app/cli/arguments.h"
#include "io/base/program.h"
#include "io/base/version.h"

static int run(int argc, char** argv)
{
    expertscope::CommandLine line(argc, argv, "Expertscope: capture, analyse, simulate and draw MoE routing",
        "expertscope", std::string("expertscope ") + expertscope::kVersion);
    for (const expertscope::Command& command : expertscope::commandRegistry()) {
        if (command.takeOver && argc > 1 && command.name == argv[1])
            return command.takeOver(argv);
        line.add(command);
    }
    return line.run();
}

int main(int argc, char** argv)
{
    return expertscope::runProgram("expertscope", [&] { return run(argc, argv); });
}
