// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/manual/manual.h"

namespace expertscope {

/// expertscope(1) in roff: all commands with their options, what stands in the environment, exit status. `whole` holds
/// the commands of commands; `version`: "0.1.0".
std::string manPage(const Manual& whole, const std::string& version);

}
