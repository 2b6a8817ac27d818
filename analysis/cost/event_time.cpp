// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/cost/event_time.h"

namespace expertscope::cost {

EventTime eventTime(
    const Machine& machine, const Model& model, Level level, double experts, double tokens, std::uint32_t misses)
{
    const double all = std::max(experts, double(misses));
    const double onGpu = expertSeconds(machine.gpu, model, tokens), load = loadSeconds(machine, model);
    const double onCpu = machine.cpu ? expertSeconds(*machine.cpu, model, tokens) : 0;
    const bool overlap = level == Level::Overlap;
    double gpu = (all - misses) * onGpu; // when it is done with what it has been given so far
    double link = 0, cpu = 0;
    EventTime time;
    for (std::uint32_t i = 0; i < misses; ++i) {
        const double loaded =
            overlap && machine.copiesWhileComputing ? std::max(gpu, link + load) + onGpu : gpu + load + onGpu;
        // Serially, only the expert's own time counts: what was done before must be waited for either way.
        const bool cpuIsSooner = overlap ? cpu + onCpu < loaded : onCpu < load + onGpu;
        if (machine.cpu && cpuIsSooner) {
            cpu += onCpu;
        } else {
            gpu = loaded;
            link += load;
            ++time.loaded;
        }
    }
    time.seconds = overlap ? std::max(gpu, cpu) : gpu + cpu;
    // Not by subtraction of large numbers where nothing is missing.
    time.extra = misses ? time.seconds - all * onGpu : 0;
    return time;
}

}
