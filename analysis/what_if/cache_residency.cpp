// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/what_if/cache_residency.h"

#include "analysis/prefetch/caches.h"
#include "analysis/simulation/run_tasks.h"
#include "analysis/simulation/schedule.h"
#include "analysis/spine/selection.h"
#include "analysis/what_if/caches.h"
#include "io/base/text.h"

#include <algorithm>

namespace expertscope {

using namespace simulation;

namespace {

ResultRow expertRow(const char* name, const char* unit, const std::map<std::string, ParameterValue>& params,
    SiteIndex site, std::uint32_t expert, std::uint64_t n)
{
    ResultRow row;
    row.metric = std::string("cache.") + name;
    row.params = params;
    row.site = site;
    row.expert = ExpertIndex(std::uint16_t(expert));
    row.unit = unit;
    row.n = n;
    return row;
}

Expected<void> checkOneSize(const std::vector<std::uint32_t>& capacities)
{
    if (capacities.size() != 1)
        return fail("experts one by one are told of one size at a time", "--capacity", "name one, such as 16 or 25%");
    return {};
}

std::uint32_t slotsWithin(const EventStream& pool, std::uint32_t capacity)
{
    return std::clamp(capacity, 1u, std::max(pool.numObjects(), 1u));
}

}

Expected<void> checkResidency(const std::vector<PolicyRequest>& policies, const Contract& contract)
{
    if (policies.size() != 1)
        return fail("experts one by one are told of one policy at a time", "--policy", "name one, such as lru");
    if (contract.service != Service::Atomic || contract.admission != Admission::Forced
        || contract.coldStart != ColdStart::Empty || !contract.preload.empty())
        return fail("experts one by one are told of atomic, forced caches that are empty at the start", "--by-expert",
            "leave out --contract, --admission and --cold");
    const auto able = prefetch::steppedPolicies();
    if (std::ranges::find(able, policies.front().name) == able.end())
        return fail("policy '" + policies.front().name + "' does not go event by event", "--policy",
            "those that do: " + joined(able));
    ES_TRY(prefetch::cacheMaker(policies.front(), contract));
    return {};
}

Expected<CacheResidency> simulateResidency(const EventSet& events, const Contract& contract,
    const std::vector<PolicyRequest>& policies, const std::vector<std::uint32_t>& capacities, unsigned threads,
    const std::function<bool(double)>& progress)
{
    ES_TRY(checkOneSize(capacities));
    ES_ASSIGN(const prefetch::CacheMaker make, prefetch::cacheMaker(policies.front(), contract));
    CacheResidency residency{policies.front(), capacities.front(), {}};
    residency.pools.resize(events.pools.size());
    const auto replay = [&](std::size_t p, const std::stop_token& stop) {
        const EventStream& pool = events.pools[p];
        const auto cache = make(pool, slotsWithin(pool, capacities.front()));
        residency.pools[p] = replayResidency(pool, contract, *cache, pool.numEvents, nullptr, stop);
    };
    if (!runTasks(events.pools.size(), threads, replay, progress))
        return fail(kCancelled);
    return residency;
}

std::vector<ResultRow> residencyRows(
    const EventSet& events, const CacheResidency& residency, const std::map<std::string, ParameterValue>& params)
{
    std::vector<ResultRow> rows;
    auto own = params;
    own["policy"] = policyText(residency.policy);
    own["capacity"] = double(residency.capacity);
    const auto spec = std::ranges::find(policyRegistry(), residency.policy.name, &PolicySpec::name);
    for (std::size_t p = 0; p < events.pools.size(); ++p) {
        const EventStream& pool = events.pools[p];
        const PoolResidency& result = residency.pools[p];
        std::optional<double> share; // of the slots, where all experts are alike
        if (pool.sites.size() == 1)
            share = double(slotsWithin(pool, residency.capacity)) / pool.numObjects();
        const auto hits = spec->knowsFuture ? std::nullopt : share;
        for (std::size_t s = 0; s < pool.sites.size(); ++s) {
            for (std::uint32_t object = pool.firstObject[s]; object < pool.firstObject[s + 1]; ++object) {
                const ObjectResidency& of = result.objects[object];
                const auto add = [&](const char* name, const char* unit, std::uint64_t n) -> ResultRow& {
                    return rows.emplace_back(
                        expertRow(name, unit, own, pool.sites[s], object - pool.firstObject[s], n));
                };
                const auto say = [](ResultRow& row, double value, const char* none) { // n is of what it is a share
                    if (row.n)
                        row.value = value;
                    else
                        row.undefined = none;
                };
                ResultRow& resident = add("residency", "1", result.events);
                say(resident, result.heldShare(object), "no step is counted");
                resident.uniform = share;
                ResultRow& rate = add("expert_hit_rate", "1", of.requests);
                say(rate, of.hitRate(), "never asked for");
                rate.uniform = of.requests ? hits : std::nullopt;
                add("loads", "experts", of.requests).value = double(of.loads());
                say(add("stay", "steps", of.loads()), of.stay(pool.sites.size()), "never loaded");
            }
        }
    }
    return rows;
}

Expected<CacheStory> cacheStory(
    const Study& study, std::size_t trace, const StoryQuestion& question, const Progress& progress)
{
    CacheOptions options = question.options;
    options.byExpert = true;
    ES_ASSIGN(const CacheQuestion asked, checkCaches(options));
    const Contract& contract = asked.contract;
    if (contract.scope != PoolScope::PerSite || asked.steps.batch > 1 || asked.steps.prefillChunk > 0)
        return fail("a cache is told token by token where each layer has its own and tokens come one by one");
    Scope scope = question.scope;
    scope.layers.clear();
    scope.sites = {question.site};
    ES_ASSIGN(PassOptions selection, selectionOf(study, trace, scope, progress));
    selection.progress = partOf(progress, 0, 0.5);
    const RoutingShape& shape = study.shape(trace);
    ES_ASSIGN(const auto tokens, scheduleTokens(shape, selection, asked.steps, contract, UINT64_MAX));
    const PositionRange kept = keptPositions(shape.sequences[std::size_t(question.sequence)], selection);
    const std::uint32_t begin = std::max(question.from, kept.begin);
    const auto end = std::uint32_t(std::min<std::uint64_t>(std::uint64_t(question.from) + question.count, kept.end));
    SequenceRun run;
    run.sequence = question.sequence;
    run.position = begin;
    if (begin >= end || tokens.numberOf(run) >= tokens.numTokens)
        return fail("none of these tokens is among those that are kept");
    ES_ASSIGN(const EventSet events, readEvents(*study.traces()[trace].source, selection, asked.steps, contract));
    const EventStream& pool = events.pools.front();
    bool cut = false;
    const auto capacities = asked.capacities.bytes.empty() ? capacitiesOf(asked.capacities, pool.numObjects(), cut)
                                                           : std::vector<std::uint32_t>();
    ES_TRY(checkOneSize(capacities));
    ES_ASSIGN(const prefetch::CacheMaker make, prefetch::cacheMaker(asked.choice.policies.front(), contract));
    const auto cache = make(pool, slotsWithin(pool, capacities.front()));
    FateWindow window{tokens.numberOf(run), end - begin};
    const auto replay = [&](std::size_t, const std::stop_token& stop) {
        replayResidency(pool, contract, *cache, window.first + window.count, &window, stop);
    };
    if (!runTasks(1, 1, replay, partOf(progress, 0.5, 1)))
        return fail(kCancelled);
    return CacheStory{.capacity = slotsWithin(pool, capacities.front()),
        .experts = pool.numObjects(),
        .first = begin - question.from,
        .fates = std::move(window.fates),
        .contract = describe(contract)};
}

}
