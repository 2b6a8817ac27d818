// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/placement/registry.h"

#include "io/base/named.h"

// One line a planner: `Planner NAMEPlanner();` is defined in planners/. `contiguous` stays first.
#define EXPERTSCOPE_PLANNERS(PLANNER)                                                                                  \
    PLANNER(contiguous)                                                                                                \
    PLANNER(eplb)                                                                                                      \
    PLANNER(eplbGlobal)                                                                                                \
    PLANNER(lptSwap)                                                                                                   \
    PLANNER(coactivation)                                                                                              \
    PLANNER(crossLayer)                                                                                                \
    PLANNER(joint)

namespace expertscope::placement {

#define DECLARE(NAME) Planner NAME##Planner();
EXPERTSCOPE_PLANNERS(DECLARE)
#undef DECLARE

const std::vector<Planner>& plannerRegistry()
{
#define LIST(NAME) NAME##Planner(),
    static const std::vector<Planner> planners{EXPERTSCOPE_PLANNERS(LIST)};
#undef LIST
    return planners;
}

Expected<const Planner*> findPlanner(const std::string& name)
{
    if (const Planner* const planner = named(plannerRegistry(), name))
        return planner;
    return fail("there is no planner '" + name + "'", {}, nameHint(plannerRegistry(), name, "planners: "));
}

}
