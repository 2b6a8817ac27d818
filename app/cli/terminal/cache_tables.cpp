// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/terminal/cache_tables.h"

#include "analysis/simulation/registry.h"
#include "analysis/what_if/byte_sizes.h"
#include "analysis/what_if/cache_rows.h"
#include "app/cli/terminal/byte_units.h"
#include "app/cli/terminal/prefetch_tables.h"
#include "app/cli/terminal/quota_tables.h"
#include "app/cli/terminal/table.h"
#include "app/cli/terminal/time_tables.h"
#include "io/base/named.h"

#include <algorithm>

namespace expertscope {

using namespace simulation;

namespace {

std::string capacityTable(const CacheAnswer& answer, std::size_t width, double (Counters::*rate)() const)
{
    TextTable table;
    table.addColumn("slots", TextTable::Align::Right, true);
    table.addColumn("of pool", TextTable::Align::Right, true);
    const double unit = answer.memory.empty() || answer.memory.back() < kGiB ? kGiB / 1024 : kGiB;
    if (!answer.memory.empty())
        table.addColumn(unit < kGiB ? "MiB" : "GiB", TextTable::Align::Right, true);
    const bool chance = chanceHitRate(answer.events.pools, 1).has_value();
    if (chance)
        table.addColumn("uniform", TextTable::Align::Right);
    for (const PolicyResult& policy : answer.policies) {
        const PolicySpec* const spec = named(policyRegistry(), policy.request.name);
        table.addColumn(
            printable(policyText(policy.request)) + (spec->knowsFuture ? "*" : ""), TextTable::Align::Right);
    }
    for (std::size_t c = 0; c < answer.capacities.size(); ++c) {
        std::vector<std::string> cells{std::to_string(answer.capacities[c]),
            format("%.0f %%", 100.0 * answer.capacities[c] / answer.poolSize)};
        if (!answer.memory.empty())
            cells.push_back(format("%.2f", answer.memory[c] / unit));
        if (chance)
            cells.push_back(
                format("%.4f", *chanceHitRate(answer.events.pools, answer.policies.front().pools, c)));
        for (const PolicyResult& policy : answer.policies) {
            const Counters all = wholeModel(policy, c);
            cells.push_back(all.requests ? format("%.4f", (all.*rate)()) : "-");
        }
        table.addRow(std::move(cells));
    }
    return table.toString(width);
}

std::string regimeTable(const CacheAnswer& answer, const Regime& regime, const CacheQuestion& question,
    std::size_t width)
{
    const std::uint64_t tokens = answer.events.countedTokens;
    const bool perPool = question.contract.scope != simulation::PoolScope::PerSite;
    TextTable table;
    table.addColumn("slots", TextTable::Align::Right, true);
    table.addColumn(perPool ? "T/slots" : "|S|/slots", TextTable::Align::Right);
    table.addColumn("overflows", TextTable::Align::Right);
    const PolicyResult* const opt = optOf(answer.policies);
    table.addColumn("best causal policy", TextTable::Align::Left);
    if (opt)
        table.addColumn("gap to opt", TextTable::Align::Right);
    if (answer.expertBytes && tokens)
        table.addColumn("MiB/token", TextTable::Align::Right);
    for (std::size_t c = 0; c < answer.capacities.size(); ++c) {
        const double size = perPool ? regime.slotsAStep : regime.eventSize;
        const Counters first = wholeModel(answer.policies.front(), c);
        std::vector<std::string> cells{std::to_string(answer.capacities[c]),
            format("%.3f", size / answer.capacities[c]),
            first.events ? format("%.1f %%", 100.0 * double(first.overflows) / double(first.events)) : "-"};
        const PolicyResult* best = nullptr;
        std::uint64_t misses = 0;
        for (const PolicyResult& policy : answer.policies) {
            const PolicySpec* const spec = named(policyRegistry(), policy.request.name);
            const std::uint64_t own = wholeModel(policy, c).misses();
            if (!spec->knowsFuture && (!best || own < misses)) {
                best = &policy;
                misses = own;
            }
        }
        cells.push_back(best ? printable(policyText(best->request)) : "-");
        if (opt)
            cells.push_back(best && first.requests
                    ? format("%.4f", wholeModel(*opt, c).hitRate() - wholeModel(*best, c).hitRate())
                    : "-");
        if (answer.expertBytes && tokens)
            cells.push_back(
                best ? format("%.2f", double(misses) * *answer.expertBytes / double(tokens) / (1024 * 1024)) : "-");
        table.addRow(std::move(cells));
    }
    return table.toString(width);
}

}

std::string ratesSoFar(const CacheAnswer& answer, std::size_t width)
{
    return "Hit rates so far:\n" + capacityTable(answer, width, &Counters::hitRate) + '\n';
}

std::string cacheTables(const CacheQuestion& question, const CacheAnswer& answer, std::size_t width)
{
    std::string text = '\n'
        + wrapped("Hit rate: share of requests (distinct experts of a step at a site) that were resident", width, 2)
        + capacityTable(answer, width, &Counters::hitRate);
    const Counters any = wholeModel(answer.policies.front(), 0);
    if (any.assignments != any.requests)
        text += '\n'
            + wrapped("Of choices: share of (token, slot) pairs, each counted, whose expert was resident", width, 2)
            + capacityTable(answer, width, &Counters::assignmentHitRate);
    const auto note = [&](const std::string& line) { text += wrapped(line, width, 2); };
    if (std::ranges::any_of(answer.policies, [](const PolicyResult& policy) {
            return named(policyRegistry(), policy.request.name)->knowsFuture;
        }))
        note("* knows what comes: a bound, not a policy that could run");
    for (const auto& [why, names] : question.choice.leftOut)
        note("Left out: " + names + " (" + why + ").");
    if (!answer.memory.empty())
        note((answer.memory.back() < kGiB ? "MiB" : "GiB") + std::string(": the slots of all pools, ")
            + sizeText(*answer.expertBytes) + " each");
    if (!question.given.quotas.empty()) {
        const auto [least, most] = std::ranges::minmax(answer.policies.front().pools, {},
            [](const PoolCurve& pool) { return pool.capacities.front(); });
        note("Each layer has its own slots, " + std::to_string(least.capacities.front()) + " to "
            + std::to_string(most.capacities.front()) + "; above stands their mean.");
    }
    if (answer.belowPins)
        note("Capacities below what is pinned are left out.");
    if (answer.cut)
        note("Capacities above " + std::to_string(answer.poolSize) + ", all experts of a pool, are shown as that.");
    if (answer.unequal)
        note("The pools are of different sizes; percentages are of the largest.");
    const auto regime = regimeOf(answer.events);
    if (!regime) {
        note("Nothing was asked for: no token of the selection routes to an expert.");
        return text;
    }
    if (!answer.quotas.empty())
        text += '\n' + quotaTables(answer.events, answer.quotas, answer.capacities, width);
    text += "\nRegime\n";
    note(format("|S| = %.2f distinct experts a step at a site", regime->eventSize)
        + format(", %.2f choices each", regime->assignments)
        + format("; T = %.2f slots a step in a pool", regime->slotsAStep));
    note((regime->reuse ? format("%.1f %%", 100 * *regime->reuse) : std::string("-"))
        + " of requests repeat what the site was asked for in the step before");
    if (question.contract.scope != simulation::PoolScope::PerSite)
        note(
            "Below T slots LRU finds next to nothing: the sites take turns, and what comes next was used longest ago.");
    text += regimeTable(answer, *regime, question, width);
    if (answer.time)
        text += timeTables(*answer.time, answer.policies, answer.memory, width);
    if (answer.prefetch)
        text += prefetchTables(*answer.prefetch, width);
    if (answer.prefetch && answer.policies.size() > answer.prefetch->request.policies.size())
        note("Of all policies lru alone is replayed with prefetches; --policy names others.");
    return text;
}

}
