// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/simulation/simulate.h"

#include "analysis/simulation/pinned.h"
#include "analysis/simulation/run_tasks.h"
#include "analysis/spine/pass_options.h"

#include <algorithm>
#include <optional>

namespace expertscope::simulation {

namespace {

struct MadePolicy
{
    const PolicySpec* spec;
    std::unique_ptr<Policy> policy;
};

/// What of a pool the policies serve, and with how many slots.
struct PoolWork
{
    std::optional<PoolRest> rest; ///< where experts are pinned
    const EventStream* stream = nullptr; ///< the pool or its rest
    std::vector<std::uint32_t> capacities; ///< all slots, as the result says it
    std::size_t withoutSlots = 0; ///< leading capacities that leave none, or nobody to take them
    std::vector<std::uint32_t> slots; ///< of the policies, but for these
};

/// Errors: fewer slots than pinned experts.
Expected<PoolWork> workOf(
    const EventStream& pool, const Contract& contract, const std::vector<std::uint32_t>& capacities)
{
    PoolWork work;
    work.stream = &pool;
    work.capacities = capacities;
    for (std::uint32_t& capacity : work.capacities)
        capacity = slotsOf(pool, contract, capacity);
    if (!contract.pinned.empty())
        work.rest = restOf(pool, contract);
    const std::uint32_t pinned = work.rest ? work.rest->pinned : 0;
    for (const std::uint32_t capacity : work.capacities) {
        if (capacity < pinned)
            return fail(std::to_string(pinned) + " experts are pinned in a pool of "
                + std::to_string(capacity) + (capacity == 1 ? " slot" : " slots"));
        if (capacity == pinned || (work.rest && work.rest->stream.numObjects() == 0))
            ++work.withoutSlots;
        else
            work.slots.push_back(capacity - pinned);
    }
    return work;
}

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
    if (!contract.quotas.empty() && capacities.size() != 1)
        return fail("quotas are one capacity");
    std::vector<PoolWork> works;
    for (const EventStream& pool : events.pools) {
        ES_ASSIGN(PoolWork work, workOf(pool, contract, capacities));
        works.push_back(std::move(work));
    }
    for (PoolWork& work : works) { // where they are now
        if (work.rest)
            work.stream = &work.rest->stream;
    }

    std::vector<Task> tasks;
    for (std::size_t p = 0; p < made.size(); ++p) {
        const std::size_t atOnce = capacitiesATask(*made[p].spec, capacities.size(), events.pools.size(), threads);
        for (std::size_t pool = 0; pool < events.pools.size(); ++pool) {
            const std::span<const std::uint32_t> slots = works[pool].slots;
            for (std::size_t c = 0; c < slots.size(); c += atOnce)
                tasks.push_back({p, pool, slots.subspan(c, std::min(atOnce, slots.size() - c))});
        }
    }
    const auto work = [&](std::size_t i, const std::stop_token& stop) {
        Task& task = tasks[i];
        task.curve = made[task.policy].policy->replay(*works[task.pool].stream, contract, task.capacities, stop);
    };
    if ((progress && !progress(0)) || !runTasks(tasks.size(), threads, work, progress))
        return fail(kCancelled);

    std::vector<PolicyResult> results;
    for (const PolicyRequest& request : policies)
        results.push_back({request, std::vector<PoolCurve>(events.pools.size())});
    for (PolicyResult& result : results) {
        for (std::size_t pool = 0; pool < works.size(); ++pool) {
            PoolCurve& curve = result.pools[pool];
            curve.capacities = works[pool].capacities;
            for (std::size_t c = 0; c < works[pool].withoutSlots; ++c) {
                curve.sites.push_back(countWithoutSlots(*works[pool].stream, contract));
                if (auto watched = watchWithoutSlots(*works[pool].stream); !watched.empty())
                    curve.watched.push_back(std::move(watched));
            }
        }
    }
    for (Task& task : tasks) { // those of one pool in the order of their capacities
        PoolCurve& curve = results[task.policy].pools[task.pool];
        std::ranges::move(task.curve.sites, std::back_inserter(curve.sites));
        std::ranges::move(task.curve.watched, std::back_inserter(curve.watched));
    }
    for (PolicyResult& result : results) {
        for (std::size_t pool = 0; pool < works.size(); ++pool) {
            for (std::vector<Counters>& sites : result.pools[pool].sites) {
                if (works[pool].rest)
                    addPinned(*works[pool].rest, sites);
            }
        }
    }
    return results;
}

}
