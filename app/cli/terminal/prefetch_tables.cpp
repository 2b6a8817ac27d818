// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/terminal/prefetch_tables.h"

#include "analysis/prefetch/registry.h"
#include "analysis/what_if/contract_text.h"
#include "analysis/what_if/time_model.h"
#include "app/cli/terminal/byte_units.h"
#include "app/cli/terminal/table.h"
#include "io/base/named.h"

#include <algorithm>

namespace expertscope {

using namespace prefetch;

namespace {

/// "-" of nothing.
std::string ratio(const char* pattern, double part, double whole)
{
    return whole > 0 ? format(pattern, part / whole) : "-";
}

std::string percentOf(std::uint64_t part, std::uint64_t whole)
{
    return ratio("%.1f %%", 100 * double(part), double(whole));
}

bool knowsFuture(const PrefetchSetup& setup)
{
    return named(predictorRegistry(), setup.predictor.name)->knowsFuture;
}

std::string nameOf(const PrefetchModel& model, std::size_t setup)
{
    return printable(model.request.texts[setup]) + (knowsFuture(model.request.setups[setup]) ? "*" : "");
}

std::string predictorTable(const PrefetchModel& model, std::size_t width)
{
    TextTable table;
    table.addColumn("predictor", TextTable::Align::Left, true);
    for (const char* header : {"sites reached", "named", "recall", "by chance", "precision", "exact"})
        table.addColumn(header, TextTable::Align::Right);
    for (std::size_t s = 0; s < model.request.setups.size(); ++s) {
        PredictionScore all;
        std::size_t reached = 0;
        for (const PredictionScore& score : model.comparison.scores[s]) {
            all += score;
            reached += score.events > 0;
        }
        table.addRow({nameOf(model, s), std::to_string(reached) + " of " + std::to_string(model.sites.size()),
            ratio("%.2f", double(all.named), double(all.events)),
            ratio("%.4f", double(all.shared), double(all.requests)), ratio("%.4f", all.byChance, double(all.requests)),
            ratio("%.4f", double(all.shared), double(all.named)),
            ratio("%.4f", double(all.exact), double(all.events))});
    }
    return table.toString(width);
}

std::string outcomeTable(const PrefetchModel& model, std::size_t policy, std::size_t width)
{
    TextTable table;
    table.addColumn("slots", TextTable::Align::Right, true);
    table.addColumn("prefetch", TextTable::Align::Left, true);
    for (const char* header : {"resident", "on time", "late", "missing"}) {
        if (header != std::string("late") || model.machine)
            table.addColumn(header, TextTable::Align::Right);
    }
    const double unit = model.expertBytes ? *model.expertBytes / kMiB : 1;
    const std::string loads = model.expertBytes ? "MiB/token" : "loads/token";
    table.addColumn(loads, TextTable::Align::Right);
    table.addColumn("prefetched", TextTable::Align::Right, false, true);
    table.addColumn("wasted", TextTable::Align::Right, false, true);
    table.addColumn(model.expertBytes ? "MiB/hit" : "loads/hit", TextTable::Align::Right);
    if (model.expertBytes && model.computeSeconds)
        table.addColumn("even at GB/s", TextTable::Align::Right);
    if (model.machine) {
        for (const char* header : {"tokens/s", "p50 ms", "p99 ms", "stall", "link busy"})
            table.addColumn(header, TextTable::Align::Right);
    }
    for (std::size_t c = 0; c < model.capacities.size(); ++c) {
        const auto& points = model.comparison.points[policy][c];
        for (std::size_t s = 0; s < points.size(); ++s) {
            const PrefetchCounters& t = points[s].total;
            const std::uint64_t n = t.cache.requests;
            std::vector<std::string> cells{
                std::to_string(model.capacities[c]), s ? nameOf(model, s - 1) : "none", percentOf(t.resident(), n)};
            cells.push_back(s ? percentOf(t.onTime, n) : "-");
            if (model.machine)
                cells.push_back(s ? percentOf(t.late, n) : "-");
            cells.push_back(percentOf(t.cache.misses(), n));
            const double tokens = double(model.tokens);
            cells.push_back(ratio("%.3f", double(t.demandLoads() + t.prefetchLoads()) * unit, tokens));
            cells.push_back(s ? ratio("%.3f", double(t.prefetchLoads()) * unit, tokens) : "-");
            cells.push_back(s ? ratio("%.3f", double(t.wasted) * unit, tokens) : "-");
            const PrefetchCounters& without = points[0].total;
            const double added = double(t.demandLoads() + t.prefetchLoads()) - double(without.demandLoads());
            cells.push_back(s ? ratio("%.3f", added * unit, double(t.cache.hits) - double(without.cache.hits)) : "-");
            if (model.expertBytes && model.computeSeconds) {
                const auto even = breakEvenBandwidth(without, t, *model.expertBytes, *model.computeSeconds);
                cells.push_back(!s ? "-" : even ? format("%.2f", *even * 1e-9) : "never");
            }
            if (model.machine) {
                const StepTimes times = points[s].times.value_or(StepTimes{});
                cells.push_back(tokens > 0 ? ratio("%.2f", tokens, times.total) : "-");
                cells.push_back(times.steps ? format("%.3f", times.p50 * 1e3) : "-");
                cells.push_back(times.steps ? format("%.3f", times.p99 * 1e3) : "-");
                cells.push_back(ratio("%.1f %%", 100 * times.stall, times.total));
                cells.push_back(times.steps ? format("%.1f %%", 100 * times.linkUse) : "-");
            }
            table.addRow(std::move(cells));
        }
    }
    return table.toString(width);
}

}

std::string prefetchTables(const PrefetchModel& model, std::size_t width)
{
    std::string text =
        "\nPredictors: whom they name for an event, against whom it asks for\n" + predictorTable(model, width);
    const auto note = [&](const std::string& line) { text += wrapped(line, width, 2); };
    if (std::ranges::any_of(model.request.setups, knowsFuture))
        note("* knows what comes: a bound, not a predictor that could run");
    note("Sites that a predictor does not reach are in no figure; the first events of all are not reached either.");
    if (!model.modelled.empty())
        text += '\n';
    for (const auto& [name, line] : model.modelled)
        note(line);
    for (std::size_t p = 0; p < model.request.policies.size(); ++p) {
        text += '\n'
            + wrapped("Prefetching with " + printable(policyText(model.request.policies[p]))
                    + (model.machine ? ", modelled, not measured: " + levelText(cost::Level::Queue)
                                     : std::string(", without times: what was issued an event before is there")),
                width, 2)
            + outcomeTable(model, p, width);
    }
    note("resident, on time (first use of a prefetch that was there)"
        + std::string(model.machine ? ", late (it was on its way)" : "") + ", missing: of all requests. "
        + (model.expertBytes ? "MiB/token" : "loads/token")
        + ": all that is loaded; of that prefetched; of that evicted without a use. "
        + (model.expertBytes ? "MiB/hit" : "loads/hit") + ": added for each hit that is gained");
    if (model.expertBytes && model.computeSeconds)
        note("even at GB/s: from that bandwidth on what is added fits in the time of computing (level 1, closed form); "
             "never: no load on demand is saved");
    if (model.machine && model.machine->cpu)
        note("What the CPU lane computes is missing and not loaded.");
    return text;
}

}
