// SPDX-License-Identifier: GPL-3.0-or-later
//
// expertscope: every headless command but capture. What there is stands in commands/registry.cpp.
#include "app/cli/arguments.h"
#include "io/base/interrupts.h"
#include "io/base/program.h"
#include "io/base/version.h"

static int run(int argc, char** argv)
{
    expertscope::CommandLine line(argc, argv,
        "Capture, analyse, simulate and draw the routing of mixture-of-experts models", "expertscope",
        std::string("expertscope ") + expertscope::kVersion);
    for (const expertscope::Command& command : expertscope::commandRegistry())
        line.add(command);
    return line.run();
}

int main(int argc, char** argv)
{
    expertscope::installInterrupts("expertscope");
    return expertscope::runProgram("expertscope", [&] { return run(argc, argv); });
}
