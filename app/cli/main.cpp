// SPDX-License-Identifier: GPL-3.0-or-later
//
// expertscope: every headless command but capture. What there is stands in commands/registry.cpp.
#include "app/cli/arguments.h"
#include "io/base/interrupts.h"
#include "io/base/version.h"

int main(int argc, char** argv)
{
    expertscope::installInterrupts("expertscope");
    expertscope::CommandLine line(argc, argv, "Expertscope: capture, analyse, simulate and draw MoE routing",
        "expertscope", std::string("expertscope ") + expertscope::kVersion);
    for (const expertscope::Command& command : expertscope::commandRegistry()) {
        if (command.takeOver && argc > 1 && command.name == argv[1])
            return command.takeOver(argv);
        line.add(command);
    }
    return line.run();
}
