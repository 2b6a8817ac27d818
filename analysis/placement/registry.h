// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/placement/planner.h"

namespace expertscope::placement {

/// All of them, `contiguous` first: the engines' own start, and what the others are compared with.
const std::vector<Planner>& plannerRegistry();

/// Error: unknown name; lists the known ones.
Expected<const Planner*> findPlanner(const std::string& name);

}
