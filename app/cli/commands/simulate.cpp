// SPDX-License-Identifier: GPL-3.0-or-later
//
// expertscope simulate WHAT TRACE: one file a simulation.
#include "app/cli/arguments.h"

namespace expertscope {

Command simulateCacheCommand();
Command simulatePlacementCommand();
Command simulateTopkCommand();

Command simulateCommand()
{
    return {"simulate", "What if: expert caches, experts spread over GPUs, fewer experts a token", [](Arguments& arguments) -> Run {
                arguments.requireCommand();
                arguments.command(simulateCacheCommand());
                arguments.command(simulatePlacementCommand());
                arguments.command(simulateTopkCommand());
                return {};
            }};
}

}
