// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/what_if/prefetch_run.h"

#include "analysis/what_if/cache_rows.h"
#include "analysis/what_if/time_model.h"

namespace expertscope {

Expected<PrefetchModel> replayPrefetches(const PrefetchRequest& request, const TimeRequest& time,
    const ModelSizes& sizes, const simulation::EventSet& events, const simulation::Contract& contract,
    const std::vector<std::uint32_t>& capacities, unsigned threads, const std::function<bool(double)>& progress)
{
    const prefetch::Walk walk(events);
    PrefetchModel model;
    model.request = request;
    model.capacities = capacities;
    for (const simulation::EventStream& pool : events.pools)
        model.sites.insert(model.sites.end(), pool.sites.begin(), pool.sites.end());
    std::optional<prefetch::QueueTimes> times;
    if (time.machine && time.level != cost::Level::Bytes) {
        cost::Machine machine = *time.machine;
        if (request.queue) {
            model.machine = machine;
            const auto regime = regimeOf(events);
            model.modelled = {{"prefetch_modelled", levelText(cost::Level::Queue)},
                {"prefetch_modelled_machine", machineText(machine)},
                {"prefetch_modelled_model",
                    modelText(machine, sizes, regime ? regime->assignments : 1,
                        double(events.tokens) / double(std::max<std::uint64_t>(events.steps, 1)))}};
        } else {
            machine.copiesWhileComputing = true; // only how long it computes is asked for
        }
        ES_ASSIGN(times, prefetch::queueTimes(machine, sizes.model, walk.numSites()));
        times->chunks = request.chunks;
        if (!machine.cpu) // what it computes is not loaded: the closed form knows of no such thing
            model.computeSeconds = prefetch::computeSeconds(walk, *times, contract.warmUpSteps);
        if (!request.queue)
            times.reset();
    }
    ES_ASSIGN(model.comparison,
        prefetch::comparePrefetch(
            walk, contract, request.policies, capacities, request.setups, times, threads, progress));
    return model;
}

}
