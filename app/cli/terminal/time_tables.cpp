// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/terminal/time_tables.h"

#include "analysis/simulation/registry.h"
#include "analysis/what_if/contract_text.h"
#include "app/cli/terminal/byte_units.h"
#include "app/cli/terminal/table.h"
#include "io/base/named.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

using namespace simulation;

namespace {

std::string cell(const char* pattern, const std::optional<double>& value, double unit = 1)
{
    return value ? format(pattern, *value / unit) : "-";
}

/// Four digits, whatever the magnitude.
std::string rate(const std::optional<double>& value)
{
    if (!value)
        return "-";
    return format(*value >= 1000 ? "%.0f" : *value >= 100 ? "%.1f" : *value >= 10 ? "%.2f" : "%.3f", *value);
}

bool knowsFuture(const PolicyResult& policy)
{
    return named(policyRegistry(), policy.request.name)->knowsFuture;
}

std::string slotsText(const std::vector<double>& memory, std::size_t c)
{
    return format("%.2f", memory[c] / (memory.back() < kGiB ? kMiB : kGiB));
}

void addKeys(TextTable& table, const std::vector<double>& memory)
{
    table.addColumn("slots", TextTable::Align::Right, true);
    table.addColumn(memory.back() < kGiB ? "MiB" : "GiB", TextTable::Align::Right, true);
}

std::string speedTable(const TimeModel& model, const std::vector<PolicyResult>& policies,
    const std::vector<double>& memory, std::size_t width)
{
    TextTable table;
    addKeys(table, memory);
    for (const PolicyResult& policy : policies)
        table.addColumn(
            printable(policyText(policy.request)) + (knowsFuture(policy) ? "*" : ""), TextTable::Align::Right);
    for (std::size_t c = 0; c < memory.size(); ++c) {
        std::vector<std::string> cells{std::to_string(model.tally.capacities[c]), slotsText(memory, c)};
        for (std::size_t p = 0; p < policies.size(); ++p)
            cells.push_back(rate(model.times.points[p][c].tokensPerSecond));
        table.addRow(std::move(cells));
    }
    return table.toString(width);
}

/// Of the policies that could run (of all, if none could), the one with the least step time; at level 0 of bytes.
std::size_t bestOf(const TimeModel& model, const std::vector<PolicyResult>& policies, std::size_t c)
{
    const bool any = std::ranges::all_of(policies, knowsFuture);
    std::optional<std::size_t> best;
    const auto cost = [&](std::size_t p) {
        const cost::ModelledPoint& point = model.times.points[p][c];
        return point.stepSeconds ? *point.stepSeconds : point.bytesPerToken.value_or(INFINITY);
    };
    for (std::size_t p = 0; p < policies.size(); ++p) {
        if ((any || !knowsFuture(policies[p])) && (!best || cost(p) < cost(*best)))
            best = p;
    }
    return *best;
}

std::string detailTable(const TimeModel& model, const std::vector<PolicyResult>& policies,
    const std::vector<double>& memory, std::size_t width)
{
    const bool timed = model.level != cost::Level::Bytes;
    TextTable table;
    addKeys(table, memory);
    table.addColumn("policy", TextTable::Align::Left, true);
    for (const char* header : {"tokens/s", "mean ms", "p50 ms", "p95 ms", "p99 ms", "stall", "link busy"}) {
        if (timed)
            table.addColumn(header, TextTable::Align::Right);
    }
    if (timed && model.machine.cpu)
        table.addColumn("CPU lane", TextTable::Align::Right);
    table.addColumn("MiB/token", TextTable::Align::Right);
    for (std::size_t c = 0; c < memory.size(); ++c) {
        const std::size_t best = bestOf(model, policies, c);
        std::vector<std::string> cells{std::to_string(model.tally.capacities[c]), slotsText(memory, c),
            printable(policyText(policies[best].request)) + (knowsFuture(policies[best]) ? "*" : "")};
        const cost::ModelledPoint& point = model.times.points[best][c];
        if (timed) {
            cells.push_back(rate(point.tokensPerSecond));
            for (const auto& seconds : {point.stepSeconds, point.p50, point.p95, point.p99})
                cells.push_back(cell("%.3f", seconds, 1e-3));
            cells.push_back(cell("%.1f %%", point.stallShare, .01));
            cells.push_back(cell("%.1f %%", point.linkUse, .01));
            if (model.machine.cpu)
                cells.push_back(cell("%.1f %%", point.cpuShare, .01));
        }
        cells.push_back(cell("%.3f", point.bytesPerToken, kMiB));
        table.addRow(std::move(cells));
    }
    return table.toString(width);
}

}

std::string timeTables(const TimeModel& model, const std::vector<PolicyResult>& policies,
    const std::vector<double>& memory, std::size_t width)
{
    const bool timed = model.level != cost::Level::Bytes;
    std::string text = '\n' + wrapped("Modelled, not measured: " + levelText(model.level), width, 2)
        + (timed ? wrapped(machineText(model.machine), width, 2) : "") + wrapped(modelText(model), width, 2);
    if (timed && policies.size() > 1)
        text += "\nModelled tokens/s\n" + speedTable(model, policies, memory, width);
    text += std::string("\nModelled ") + (timed ? "time between tokens" : "bytes");
    if (policies.size() > 1)
        text += std::string(timed ? " of the fastest policy" : " of the policy that loads least")
            + (std::ranges::all_of(policies, knowsFuture) ? "" : " that could run");
    text += '\n' + detailTable(model, policies, memory, width);
    if (timed) {
        text += wrapped(percentileText(model.tally), width, 2);
        text += wrapped("stall: share of the time beyond computing with all experts resident", width, 2);
        if (model.machine.cpu)
            text += wrapped("CPU lane: share of the misses that the CPU runs; the cache goes on as if it had loaded "
                            "them, which flatters all policies but static",
                width, 2);
    }
    return text;
}

}
