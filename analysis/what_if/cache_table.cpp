// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/what_if/cache_table.h"

#include "analysis/simulation/quotas.h"
#include "analysis/simulation/watched_steps.h"
#include "analysis/study/trace_analysis.h"
#include "analysis/what_if/cache_rows.h"

#include <algorithm>
#include <limits>

namespace expertscope {

using namespace simulation;

namespace {

std::vector<double> ratesOf(const PolicyResult& policy, std::size_t capacities)
{
    std::vector<double> rates;
    for (std::size_t c = 0; c < capacities; ++c)
        rates.push_back(wholeModel(policy, c).hitRate());
    return rates;
}

Expected<std::vector<double>> optimum(const EventSet& events, Contract contract, Admission admission,
    const std::vector<std::uint32_t>& capacities, unsigned threads, const Progress& progress)
{
    contract.admission = admission;
    if (!checkPolicy({"opt"}, contract))
        return std::vector<double>(capacities.size(), std::numeric_limits<double>::quiet_NaN());
    ES_ASSIGN(const auto result, simulation::simulateCaches(events, contract, {{"opt"}}, capacities, threads, progress));
    return ratesOf(result.front(), capacities.size());
}

}

std::vector<std::uint32_t> tableCapacities(std::uint32_t experts)
{
    std::vector<std::uint32_t> capacities;
    const std::uint32_t most = std::min(experts, kTableCapacities);
    for (std::uint32_t i = 1; i <= most; ++i)
        capacities.push_back(std::uint32_t(std::uint64_t(i) * experts / most));
    return capacities;
}

std::size_t CacheTable::placeOf(std::uint32_t wanted) const
{
    const auto above = std::ranges::upper_bound(capacities, wanted);
    return above == capacities.begin() ? 0 : std::size_t(above - capacities.begin()) - 1;
}

const TablePolicy* CacheTable::find(const std::string& policy) const
{
    const auto found = std::ranges::find(policies, policy, [](const TablePolicy& p) { return p.request.name; });
    return found == policies.end() ? nullptr : &*found;
}

Expected<CacheTablePtr> tabulateCaches(
    const Study& study, std::size_t trace, const CacheOptions& options, const expertscope::Scope& scope, const Progress& progress)
{
    CacheOptions asked = options;
    asked.policies = "all";
    asked.capacities = {};
    asked.time = {};
    ES_ASSIGN(const CacheQuestion question, checkCaches(asked));
    const Contract& contract = question.contract;
    const NamedTrace& of = study.traces()[trace];
    auto table = std::make_shared<CacheTable>();
    table->contract = contract;
    ES_ASSIGN(table->sizes, sizesOf({}, {}, of.summary.provenance));
    ES_ASSIGN(PassOptions selection, selectionOf(study, trace, scope, progress));
    selection.progress = partOf(progress, 0, 0.2);
    ES_ASSIGN(EventSet events, readEvents(*of.source, selection, question.steps, contract));
    if (events.requests == 0)
        return fail("no expert is asked for", of.name, "other tokens, or other layers");
    for (const EventStream& pool : events.pools) {
        table->experts = std::max(table->experts, pool.numObjects());
        table->topK = std::max<std::uint32_t>(table->topK, *std::ranges::max_element(pool.topK));
    }
    table->capacities = tableCapacities(table->experts);
    table->run = describeRun(events, question.steps);
    for (const std::uint32_t capacity : table->capacities) {
        std::uint64_t slots = 0;
        for (const EventStream& pool : events.pools)
            slots += std::min(pool.numObjects(), capacity);
        table->totalSlots.push_back(slots);
        table->uniform.push_back(
            chanceHitRate(events.pools, capacity).value_or(std::numeric_limits<double>::quiet_NaN()));
    }
    // First, as they are quick and their steps need not be watched.
    ES_ASSIGN(table->forcedOptimum,
        optimum(events, contract, Admission::Forced, table->capacities, selection.threads, partOf(progress, 0.2, 0.3)));
    ES_ASSIGN(table->freeOptimum,
        optimum(events, contract, Admission::Bypass, table->capacities, selection.threads, partOf(progress, 0.3, 0.4)));
    watchFor(events, contract, table->capacities.size() * question.choice.policies.size());
    ES_ASSIGN(std::vector<PolicyResult> results,
        simulation::simulateCaches(events, contract, question.choice.policies, table->capacities, selection.threads,
            partOf(progress, 0.4, 1)));
    table->tokens = events.countedTokens;
    table->tally = cost::tallySteps(events, contract, results, events.countedTokens);
    for (PolicyResult& result : results) {
        ES_ASSIGN(const PolicySpec* const spec, checkPolicy(result.request, contract));
        TablePolicy& policy = table->policies.emplace_back(TablePolicy{result.request, spec->knowsFuture, {}, {}});
        for (std::size_t c = 0; c < table->capacities.size(); ++c)
            policy.totals.push_back(wholeModel(result, c));
        policy.pools = std::move(result.pools);
        for (PoolCurve& curve : policy.pools)
            curve.watched = {};
    }
    table->requests = table->policies.front().totals.front().requests;
    return CacheTablePtr(std::move(table));
}

cost::ModelledPoint modelPoint(const CacheTable& table, std::size_t policy, std::size_t capacity,
    const cost::Machine& machine, const cost::Model& model, cost::Level level)
{
    const cost::StepTally& all = table.tally;
    cost::StepTally one;
    one.steps = all.steps;
    one.tokensAStep = all.tokensAStep;
    one.tokens = all.tokens;
    one.even = all.even;
    one.sites = all.sites;
    one.shapeOfSite = all.shapeOfSite;
    one.shapes = all.shapes;
    one.expertsAStep = all.expertsAStep;
    one.watchedSteps = all.watchedSteps;
    one.groups = all.groups;
    one.groupOfSite = all.groupOfSite;
    one.watchedExperts = all.watchedExperts;
    one.capacities = {all.capacities[capacity]};
    one.points = {{all.points[policy][capacity]}};
    return cost::modelTimes(one, machine, model, level).points.front().front();
}

Expected<SlotDivision> divideSlots(const CacheTable& table, std::size_t policy, std::size_t capacity)
{
    const std::vector<PoolCurve>& pools = table.policies[policy].pools;
    if (pools.size() < 2)
        return fail("there is one pool: nothing to divide");
    SlotDivision division;
    const std::uint64_t budget = std::uint64_t(table.capacities[capacity]) * pools.size();
    ES_ASSIGN(division.even, evenQuotas(pools, budget));
    ES_ASSIGN(division.best, optimalQuotas(pools, budget));
    const auto rate = [](const PoolCurve& pool, std::uint32_t slots) {
        const auto above = std::ranges::upper_bound(pool.capacities, slots);
        return above == pool.capacities.begin() ? 0 : pool.total(std::size_t(above - pool.capacities.begin()) - 1).hitRate();
    };
    for (std::size_t p = 0; p < pools.size(); ++p) {
        division.sites.push_back(table.tally.sites[p]);
        division.requests += pools[p].total(0).requests;
        division.evenRates.push_back(rate(pools[p], division.even.capacities[p]));
        division.bestRates.push_back(rate(pools[p], division.best.capacities[p]));
    }
    return division;
}

}
