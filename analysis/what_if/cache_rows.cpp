// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/what_if/cache_rows.h"

#include "analysis/simulation/registry.h"
#include "analysis/what_if/contract_text.h"
#include "io/base/named.h"

#include <algorithm>

namespace expertscope {

using namespace simulation;

namespace {

constexpr const char* kNothing = "nothing was asked for";

/// opt: what OPT made of the same, or null; uniform: of the hit rate.
void addRows(std::vector<ResultRow>& rows, const Counters& counters, const Counters* opt,
    const std::optional<double>& uniform, const std::optional<SiteIndex>& site,
    const std::map<std::string, ParameterValue>& params, const CacheRowContext& context)
{
    const auto add = [&](const char* name, double value, const char* unit, std::uint64_t n) -> ResultRow& {
        ResultRow row;
        row.metric = std::string("cache.") + name;
        row.params = params;
        row.site = site;
        row.unit = unit;
        row.n = n;
        if (counters.requests)
            row.value = value;
        else
            row.undefined = kNothing;
        return rows.emplace_back(std::move(row));
    };
    const double misses = double(counters.misses());
    const auto chance = counters.requests ? uniform : std::nullopt;
    add("hit_rate", counters.hitRate(), "1", counters.requests).uniform = chance;
    add("assignment_hit_rate", counters.assignmentHitRate(), "1", counters.assignments).uniform = chance;
    if (opt)
        add("gap_to_opt", opt->hitRate() - counters.hitRate(), "1", counters.requests);
    add("misses", misses, "experts", counters.requests);
    add("compulsory", double(counters.compulsory), "experts", counters.requests);
    add("evictions", double(counters.evictions), "experts", counters.requests);
    add("overflow_share", counters.events ? double(counters.overflows) / double(counters.events) : 0, "1",
        counters.events);
    const auto perToken = [&](const char* name, double each, const char* unit) {
        ResultRow& row = add(name, context.tokens ? misses * each / double(context.tokens) : 0, unit, context.tokens);
        if (row.value && context.tokens == 0) {
            row.value.reset();
            row.undefined = context.noTokens.empty() ? kNothing : context.noTokens;
        }
    };
    perToken("misses_per_token", 1, "experts/token");
    if (context.expertBytes)
        perToken("bytes_per_token", *context.expertBytes, "bytes/token");
}

/// [capacity, misses] events; counters(c): with the c-th capacity.
template <typename CountersOf>
ResultMatrix histogram(const std::vector<std::uint32_t>& capacities, const CountersOf& counters,
    const std::map<std::string, ParameterValue>& params)
{
    ResultMatrix matrix;
    matrix.metric = "cache.misses_per_event";
    matrix.params = params;
    matrix.unit = "events";
    std::vector<std::vector<std::uint64_t>> lines;
    std::size_t width = 0;
    for (std::size_t c = 0; c < capacities.size(); ++c) {
        const Counters all = counters(c);
        lines.push_back(all.missesPerEvent);
        while (!lines.back().empty() && lines.back().back() == 0)
            lines.back().pop_back();
        width = std::max(width, lines.back().size());
        matrix.n = all.events;
    }
    matrix.axes = {{"capacity", {}}, {"misses", {}}};
    for (const std::uint32_t capacity : capacities)
        matrix.axes[0].keys.push_back(std::to_string(capacity));
    for (std::size_t j = 0; j < width; ++j)
        matrix.axes[1].keys.push_back(std::to_string(j));
    for (auto& line : lines) {
        line.resize(width);
        matrix.values.insert(matrix.values.end(), line.begin(), line.end());
    }
    return matrix;
}

}

namespace {

/// slots(p): of a pool.
template <typename Slots> std::optional<double> chanceOf(std::span<const EventStream> pools, const Slots& slots)
{
    double hits = 0, requests = 0;
    for (std::size_t p = 0; p < pools.size(); ++p) {
        const EventStream& pool = pools[p];
        if (pool.sites.size() > 1)
            return {};
        if (pool.objects.empty()) // also where the router asked for what was resident: chance is something else then
            continue;
        const double asked = double(pool.objects.size());
        requests += asked;
        hits += asked * std::min(1.0, double(slots(p)) / pool.numObjects());
    }
    return requests > 0 ? std::optional(hits / requests) : std::nullopt;
}

}

std::optional<double> chanceHitRate(std::span<const EventStream> pools, std::uint32_t capacity)
{
    return chanceOf(pools, [&](std::size_t) { return capacity; });
}

std::optional<double> chanceHitRate(
    std::span<const EventStream> pools, std::span<const PoolCurve> curves, std::size_t c)
{
    return chanceOf(pools, [&](std::size_t p) { return curves[p].capacities[c]; });
}

std::uint32_t meanSlots(std::span<const PoolCurve> curves, std::size_t c)
{
    std::uint64_t slots = 0;
    for (const PoolCurve& curve : curves)
        slots += curve.capacities[c];
    return static_cast<std::uint32_t>((slots + curves.size() / 2) / curves.size());
}

const PolicyResult* optOf(const std::vector<PolicyResult>& policies)
{
    const auto opt = std::ranges::find(policies, "opt", [](const PolicyResult& policy) { return policy.request.name; });
    return opt == policies.end() ? nullptr : &*opt;
}

Counters wholeModel(const PolicyResult& policy, std::size_t c)
{
    Counters all;
    for (const PoolCurve& pool : policy.pools)
        all += pool.total(c);
    return all;
}

Results cacheRows(const EventSet& events, const std::vector<PolicyResult>& policies, const CacheRowContext& context)
{
    Results results;
    const PolicyResult* const opt = optOf(policies);
    for (const PolicyResult& policy : policies) {
        const PolicySpec* const spec = named(policyRegistry(), policy.request.name);
        const bool gap = opt && &policy != opt;
        const auto uniformOf = [&](std::size_t first, std::size_t count, std::size_t c) {
            return spec->knowsFuture ? std::nullopt
                                     : chanceHitRate(std::span(events.pools).subspan(first, count),
                                           std::span(policy.pools).subspan(first, count), c);
        };
        auto params = context.params;
        params["policy"] = policyText(policy.request);
        std::vector<std::uint32_t> capacities;
        for (std::size_t c = 0; c < policy.pools.front().capacities.size(); ++c)
            capacities.push_back(meanSlots(policy.pools, c));
        for (std::size_t c = 0; c < capacities.size(); ++c) {
            auto own = params;
            for (std::size_t p = 0; p < events.pools.size(); ++p) {
                own["capacity"] = double(policy.pools[p].capacities[c]);
                const auto uniform = uniformOf(p, 1, c);
                for (std::size_t s = 0; s < events.pools[p].sites.size(); ++s)
                    addRows(results.rows, policy.pools[p].sites[c][s], gap ? &opt->pools[p].sites[c][s] : nullptr,
                        uniform, events.pools[p].sites[s], own, context);
            }
            own["capacity"] = double(capacities[c]);
            const Counters best = gap ? wholeModel(*opt, c) : Counters{};
            addRows(results.rows, wholeModel(policy, c), gap ? &best : nullptr,
                uniformOf(0, events.pools.size(), c), {}, own, context);
        }
        results.matrices.push_back(histogram(
            capacities, [&](std::size_t c) { return wholeModel(policy, c); }, params));
        for (std::size_t p = 0; context.siteHistograms && p < events.pools.size(); ++p) {
            for (std::size_t s = 0; s < events.pools[p].sites.size(); ++s) {
                results.matrices.push_back(histogram(
                    policy.pools[p].capacities, [&](std::size_t c) { return policy.pools[p].sites[c][s]; }, params));
                results.matrices.back().site = events.pools[p].sites[s];
            }
        }
    }
    return results;
}

std::optional<Regime> regimeOf(const EventSet& events)
{
    std::uint64_t asked = 0, numEvents = 0, assignments = 0, repeated = 0, repeatable = 0;
    for (const EventStream& pool : events.pools) {
        std::vector<std::uint64_t> lastStep(pool.numObjects(), UINT64_MAX);
        const std::size_t sites = pool.sites.size();
        const std::uint64_t first = events.preloadSteps * sites; // what is preloaded was not asked for
        numEvents += pool.numEvents - first;
        for (std::uint64_t i = first; i < pool.numEvents; ++i) {
            const std::uint64_t step = (i - first) / sites, size = pool.event(i).size();
            asked += size;
            assignments += pool.assignments.empty() ? size : pool.assignments[i];
            for (const std::uint32_t object : pool.event(i)) {
                repeated += step > 0 && lastStep[object] == step - 1;
                repeatable += step > 0;
                lastStep[object] = step;
            }
        }
    }
    if (asked == 0)
        return {};
    Regime regime;
    regime.eventSize = double(asked) / double(numEvents);
    regime.slotsAStep = double(asked) / double(events.steps - events.preloadSteps) / double(events.pools.size());
    regime.assignments = double(assignments) / double(asked);
    if (repeatable)
        regime.reuse = double(repeated) / double(repeatable);
    return regime;
}

}
