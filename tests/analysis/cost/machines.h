// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/cost/event_time.h"

#include <algorithm>
#include <vector>

namespace expertscope::testing {

/// The machine that resources/docs/hardware.md works by hand: with experts of 10 MB a load takes 10 ms, the GPU 1 ms,
/// the CPU 4 ms an expert; the rest of a step 6 ms.
inline cost::Machine handMachine(bool cpu)
{
    cost::Machine machine;
    machine.name = "by hand";
    machine.link = {"link", 1e9, 0};
    machine.gpu.bytesPerSecond = 10e9;
    if (cpu) {
        machine.cpu.emplace();
        machine.cpu->bytesPerSecond = 2.5e9;
    }
    return machine;
}
inline cost::Model handModel()
{
    cost::Model model;
    model.expertBytes = 10e6;
    model.denseSeconds = 6e-3;
    return model;
}

/// One event restated as a timetable: who runs which missing expert is `onCpu`; the link serves the others in order,
/// the GPU takes what is there, residents first. Returns when each missing expert is done, and then when all is done.
inline std::vector<double> timetable(
    double residents, const std::vector<bool>& onCpu, double g, double c, double load, bool copiesWhileComputing)
{
    std::vector<double> done;
    double arrival = 0, gpuFree = residents * g, cpuFree = 0;
    for (const bool cpu : onCpu) {
        if (cpu) {
            cpuFree += c;
            done.push_back(cpuFree);
        } else if (copiesWhileComputing) {
            arrival += load;
            const double start = arrival > gpuFree ? arrival : gpuFree;
            gpuFree = start + g;
            done.push_back(gpuFree);
        } else { // the next load waits until the GPU is idle, and the GPU for the load
            gpuFree += load;
            gpuFree += g;
            done.push_back(gpuFree);
        }
    }
    done.push_back(std::max(gpuFree, cpuFree));
    return done;
}

/// The event's time and how many are loaded, by the timetable: level 2 tries both places for each missing expert in
/// turn and keeps the sooner one, level 1 adds everything up.
inline std::pair<double, std::uint32_t> naiveEvent(const cost::Machine& machine, const cost::Model& model,
    cost::Level level, std::uint32_t experts, std::uint32_t misses, double tokens)
{
    const double g = std::max(
        model.expertBytes / machine.gpu.bytesPerSecond, tokens * model.expertFlops / machine.gpu.flopsPerSecond);
    const double load = machine.link.latency + model.expertBytes / machine.link.bytesPerSecond;
    const double c = machine.cpu ? std::max(model.expertBytes / machine.cpu->bytesPerSecond,
                         tokens * model.expertFlops / machine.cpu->flopsPerSecond)
                                 : 0;
    if (level == cost::Level::Serial) {
        const bool cpu = machine.cpu && c < load + g;
        double seconds = 0;
        for (std::uint32_t i = 0; i < experts; ++i)
            seconds += i < misses ? (cpu ? c : load + g) : g;
        return {seconds, cpu ? 0 : misses};
    }
    std::vector<bool> onCpu;
    for (std::uint32_t i = 0; i < misses; ++i) {
        auto either = onCpu;
        either.push_back(false);
        const double loaded = timetable(experts - misses, either, g, c, load, machine.copiesWhileComputing)[i];
        either.back() = true;
        const double run = timetable(experts - misses, either, g, c, load, machine.copiesWhileComputing)[i];
        onCpu.push_back(machine.cpu && run < loaded);
    }
    return {timetable(experts - misses, onCpu, g, c, load, machine.copiesWhileComputing).back(),
        static_cast<std::uint32_t>(std::ranges::count(onCpu, false))};
}

}
