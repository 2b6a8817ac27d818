// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/simulation/simulate.h"

#include "analysis/simulation/run_tasks.h"
#include "analysis/spine/pass_options.h"

#include <algorithm>

namespace expertscope::simulation {

namespace {

struct MadePolicy
{
    const PolicySpec* spec;
    std::unique_ptr<Policy> policy;
};

/// Some capacities of one policy over one pool.
struct Task
{
    std::size_t policy, pool;
    std::span<const std::uint32_t> capacities;
    PoolCurve curve = {};
};

/// Sizes cost less together: as many as leave each thread some tasks.
std::size_t capacitiesATask(const PolicySpec& spec, std::size_t capacities, std::size_t pools, unsigned threads)
{
    if (spec.capacitiesATask == 0)
        return capacities;
    const std::size_t wanted = 4 * std::size_t(threadsOf(threads)), parts = (wanted + pools - 1) / std::max<std::size_t>(pools, 1);
    return std::clamp<std::size_t>((capacities + parts - 1) / std::max<std::size_t>(parts, 1), 1, spec.capacitiesATask);
}

}

Expected<std::vector<PolicyResult>> simulateCaches(const EventSet& events, const Contract& contract,
    const std::vector<PolicyRequest>& policies, const std::vector<std::uint32_t>& capacities, unsigned threads,
    const std::function<bool(double)>& progress)
{
    std::vector<MadePolicy> made;
    for (const PolicyRequest& request : policies) {
        ES_ASSIGN(const PolicySpec* const spec, checkPolicy(request, contract));
        made.push_back({spec, spec->make(*Parameters::check(spec->params, request.params))});
    }
    if (capacities.empty() || capacities.front() == 0
        || std::ranges::adjacent_find(capacities, std::greater_equal()) != capacities.end())
        return fail("capacities must be ascending, from 1 on");

    std::vector<Task> tasks;
    for (std::size_t p = 0; p < made.size(); ++p) {
        const std::size_t atOnce = capacitiesATask(*made[p].spec, capacities.size(), events.pools.size(), threads);
        for (std::size_t pool = 0; pool < events.pools.size(); ++pool) {
            for (std::size_t c = 0; c < capacities.size(); c += atOnce)
                tasks.push_back({p, pool, std::span(capacities).subspan(c, std::min(atOnce, capacities.size() - c))});
        }
    }
    const auto work = [&](std::size_t i, const std::stop_token& stop) {
        Task& task = tasks[i];
        task.curve = made[task.policy].policy->replay(events.pools[task.pool], contract, task.capacities, stop);
    };
    if ((progress && !progress(0)) || !runTasks(tasks.size(), threads, work, progress))
        return fail(kCancelled);

    std::vector<PolicyResult> results;
    for (const PolicyRequest& request : policies)
        results.push_back({request, std::vector<PoolCurve>(events.pools.size())});
    for (Task& task : tasks) { // those of one pool in the order of their capacities
        PoolCurve& curve = results[task.policy].pools[task.pool];
        curve.capacities.insert(curve.capacities.end(), task.curve.capacities.begin(), task.curve.capacities.end());
        std::ranges::move(task.curve.sites, std::back_inserter(curve.sites));
        std::ranges::move(task.curve.watched, std::back_inserter(curve.watched));
    }
    return results;
}

}
