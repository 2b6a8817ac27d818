// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/prefetch/queue_times.h"

#include <cmath>

namespace expertscope::prefetch {

namespace {

constexpr double kLongest = 1e6; ///< s; 1e18 ps fit 64 bits

bool fits(double seconds)
{
    return seconds >= 0 && seconds <= kLongest;
}
std::uint64_t picoseconds(double seconds)
{
    return static_cast<std::uint64_t>(std::llround(seconds * 1e12));
}

Expected<QueueTimes::Roofline> rooflineOf(double fixed, double each)
{
    if (!fits(fixed) || !fits(each))
        return fail("modelled times are longer than 10^6 s");
    return QueueTimes::Roofline{picoseconds(fixed), picoseconds(each)};
}

}

Expected<QueueTimes> queueTimes(const cost::Machine& machine, const cost::Model& model, std::size_t sites)
{
    if (!machine.copiesWhileComputing)
        return fail("a machine that does not copy while it computes has no time to prefetch in", {},
            "level 3 of the cost model needs one that does");
    QueueTimes times;
    const double share = 1 / double(std::max<std::size_t>(sites, 1));
    const auto processor = [&](const cost::Processor& p) {
        return rooflineOf(model.expertBytes / p.bytesPerSecond, model.expertFlops / p.flopsPerSecond);
    };
    const cost::Link& link = machine.link;
    if (!fits(link.latency) || !fits(model.expertBytes / link.bytesPerSecond))
        return fail("a modelled load is longer than 10^6 s");
    times.latency = picoseconds(link.latency);
    times.transfer = picoseconds(model.expertBytes / link.bytesPerSecond);
    if (model.denseSeconds) {
        ES_ASSIGN(times.dense, rooflineOf(*model.denseSeconds * share, 0));
    } else {
        ES_ASSIGN(times.dense,
            rooflineOf(model.denseBytes / machine.gpu.bytesPerSecond * share,
                model.denseFlops / machine.gpu.flopsPerSecond * share));
    }
    ES_ASSIGN(times.expert, processor(machine.gpu));
    if (machine.cpu) {
        ES_ASSIGN(times.cpu, processor(*machine.cpu));
    }
    return times;
}

double computeSeconds(const Walk& walk, const QueueTimes& times, std::uint64_t firstStep)
{
    double total = 0;
    for (std::size_t site = 0; site < walk.numSites(); ++site) {
        const auto& assignments = walk.pool(site).assignments;
        for (std::uint64_t step = firstStep; step < walk.numSteps(); ++step) {
            const std::uint64_t size = walk.event(step, site).size();
            const std::uint64_t chosen = assignments.empty() ? size : assignments[walk.eventInPool(step, site)];
            total += double(times.dense.of(tokensOf(walk, site, chosen), 1));
            if (size)
                total += double(size) * double(times.expert.of(chosen, size));
        }
    }
    return total * 1e-12;
}

}
