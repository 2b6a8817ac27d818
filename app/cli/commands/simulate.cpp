// SPDX-License-Identifier: GPL-3.0-or-later
//
// expertscope simulate WHAT TRACE: one file a simulation.
#include "app/cli/arguments.h"

namespace expertscope {

Command simulateCacheCommand();
Command simulatePlacementCommand();

Command simulateCommand()
{
    return {"simulate", "What if: expert caches, and experts spread over GPUs", [](Arguments& arguments) -> Run {
                arguments.requireCommand();
                arguments.command(simulateCacheCommand());
                arguments.command(simulatePlacementCommand());
                return {};
            }};
}

}
