// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/what_if/reroute_rows.h"

#include "analysis/what_if/contract_text.h"

namespace expertscope {

using namespace rerouting;
using namespace simulation;

namespace {

void addRows(std::vector<ResultRow>& rows, const ChoiceCounters& choices, const std::optional<SiteIndex>& site,
    const std::map<std::string, ParameterValue>& params)
{
    const auto add = [&](const char* name, double sum, std::uint64_t n) {
        ResultRow row;
        row.metric = std::string("reroute.") + name;
        row.params = params;
        row.site = site;
        row.n = n;
        if (n)
            row.value = sum / double(n);
        else
            row.undefined = "nothing was asked for";
        rows.push_back(std::move(row));
    };
    add("changed", double(choices.changed), choices.choices);
    add("dropped", choices.dropped, choices.tokens);
    add("added", choices.added, choices.tokens);
    add("left", double(choices.left), choices.tokens);
}

}

EventSet outlineOf(const Rerouting& done)
{
    EventSet outline;
    outline.steps = done.steps;
    outline.tokens = done.tokens;
    outline.truncated = done.truncated;
    for (const auto& sites : done.pools) {
        outline.pools.emplace_back();
        outline.pools.back().sites = sites;
    }
    if (!done.results.empty())
        outline.requests = wholeModel(done.results.front().cache, 0).requests; // as recorded
    return outline;
}

ChoiceCounters allChoices(const ReroutedCache& result, std::size_t c)
{
    ChoiceCounters all;
    for (const auto& pool : result.choices) {
        for (const ChoiceCounters& site : pool[c])
            all += site;
    }
    return all;
}

Results rerouteRows(const Rerouting& done, const CheckedRule& rule, const CacheRowContext& context)
{
    Results results;
    const EventSet outline = outlineOf(done);
    for (const ReroutedCache& result : done.results) {
        CacheRowContext own = context;
        own.params["reroute"] = result.strength ? rule.spec->name : "none";
        if (result.strength) {
            own.params["keep"] = double(rule.keep);
            own.params[rule.spec->strength.name] = *result.strength;
        }
        Results cache = cacheRows(outline, {result.cache}, own);
        results.matrices.insert(results.matrices.end(), cache.matrices.begin(), cache.matrices.end());
        results.rows.insert(results.rows.end(), cache.rows.begin(), cache.rows.end());
        if (!result.strength)
            continue;
        own.params["policy"] = policyText(result.cache.request);
        const auto& capacities = result.cache.pools.front().capacities;
        for (std::size_t c = 0; c < capacities.size(); ++c) {
            own.params["capacity"] = double(capacities[c]);
            for (std::size_t p = 0; p < done.pools.size(); ++p) {
                for (std::size_t s = 0; s < done.pools[p].size(); ++s)
                    addRows(results.rows, result.choices[p][c][s], done.pools[p][s], own.params);
            }
            addRows(results.rows, allChoices(result, c), {}, own.params);
        }
    }
    return results;
}

}
