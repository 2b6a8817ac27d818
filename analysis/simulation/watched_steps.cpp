// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/simulation/watched_steps.h"

#include "io/base/splitmix.h"

#include <algorithm>

namespace expertscope::simulation {

void watchSteps(EventSet& events, const Contract& contract, std::uint64_t most, std::uint64_t seed)
{
    const std::uint64_t first = std::min<std::uint64_t>(contract.warmUpSteps, events.steps);
    const std::uint64_t steps = events.steps - first, chosen = std::min(steps, most);
    std::vector<std::uint64_t> watched(chosen);
    SplitMix random(seed);
    for (std::uint64_t i = 0; i < chosen; ++i) {
        const auto startOf = [&](std::uint64_t part) {
            return steps / chosen * part + std::min(part, steps % chosen); // the first parts are one longer
        };
        watched[i] = first + startOf(i) + random.next() % (startOf(i + 1) - startOf(i));
    }
    for (EventStream& pool : events.pools)
        pool.watchedSteps = watched;
}

}
