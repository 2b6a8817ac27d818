// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/what_if/time_model.h"

#include "analysis/simulation/watched_steps.h"
#include "analysis/what_if/byte_sizes.h"
#include "analysis/what_if/contract_text.h"
#include "io/base/text.h"

#include <algorithm>

namespace expertscope {

using namespace simulation;

namespace {

/// What watched steps may take while all policies are replayed (64 sizes of 15 policies over 48 sites); but percentiles of fewer steps say little.
constexpr std::uint64_t kWatchedBytes = 256u << 20, kLeastWatched = 1000;

std::string milliseconds(double seconds)
{
    return format("%.4g ms", seconds * 1e3);
}

std::string named(const std::string& name)
{
    return name.empty() ? "" : printable(name) + ' ';
}

}

void watchFor(const TimeRequest& request, EventSet& events, const Contract& contract, std::size_t points)
{
    if (!request.machine || request.level == cost::Level::Bytes || request.level == cost::Level::Queue)
        return;
    watchFor(events, contract, points);
}

void watchFor(EventSet& events, const Contract& contract, std::size_t points)
{
    std::size_t sites = 0;
    for (const EventStream& pool : events.pools)
        sites += pool.sites.size();
    const std::uint64_t fit = kWatchedBytes / (sizeof(std::uint16_t) * std::max<std::size_t>(points * sites, 1));
    watchSteps(events, contract, std::max(fit, kLeastWatched));
}

TimeModel timeModelOf(const TimeRequest& request, const ModelSizes& sizes, const EventSet& events,
    const Contract& contract, const std::vector<PolicyResult>& policies, std::uint64_t tokens)
{
    TimeModel model{*request.machine, request.level, sizes, cost::tallySteps(events, contract, policies, tokens), {}};
    model.times = cost::modelTimes(model.tally, model.machine, sizes.model, model.level);
    return model;
}

NamedTexts describe(const TimeModel& model)
{
    NamedTexts pairs{
        {"modelled", levelText(model.level)}, {"modelled_model", modelText(model)}};
    if (model.level != cost::Level::Bytes) {
        pairs.emplace_back("modelled_machine", machineText(model.machine));
        pairs.emplace_back("percentiles", percentileText(model.tally));
    }
    return pairs;
}

std::string machineText(const cost::Machine& machine)
{
    return "Machine " + printable(machine.name) + ": link " + named(machine.link.name) + ratesText(machine.link)
        + "; GPU " + named(machine.gpu.name) + ratesText(machine.gpu)
        + (machine.cpu ? "; CPU lane " + named(machine.cpu->name) + ratesText(*machine.cpu) : "; no CPU lane")
        + (machine.copiesWhileComputing ? "" : "; copies and computing take turns");
}

std::string modelText(const cost::Machine& machine, const ModelSizes& sizes, double tokens, double tokensAStep)
{
    const cost::Model& m = sizes.model;
    std::string text = "Model: an expert is " + sizeText(m.expertBytes) + " (" + sizes.expert + "): load "
        + milliseconds(cost::loadSeconds(machine, m)) + ", GPU "
        + milliseconds(cost::expertSeconds(machine.gpu, m, tokens));
    if (machine.cpu)
        text += ", CPU " + milliseconds(cost::expertSeconds(*machine.cpu, m, tokens));
    if (m.expertFlops == 0)
        text += " (its arithmetic is not known and bounds nothing)";
    text += "; the rest of a step " + milliseconds(cost::denseSeconds(machine, m, tokensAStep));
    return text
        + (m.denseSeconds ? " (--dense-ms)" : " (" + sizeText(m.denseBytes) + " of other weights; no KV cache)");
}

std::string modelText(const TimeModel& model)
{
    if (model.level == cost::Level::Bytes)
        return "Model: an expert is " + sizeText(model.sizes.model.expertBytes) + " (" + model.sizes.expert + ")";
    return modelText(model.machine, model.sizes,
        model.tally.shapes.empty() ? 1 : model.tally.shapes.front().tokens, model.tally.tokensAStep);
}

std::string percentileText(const cost::StepTally& tally)
{
    if (tally.steps == 0)
        return "No steps are counted.";
    std::string text = tally.watchedSteps == tally.steps
        ? "p50, p95, p99: of all " + std::to_string(tally.steps) + " steps, each summed over its own events"
        : "p50, p95, p99: of " + std::to_string(tally.watchedSteps) + " steps drawn from " + std::to_string(tally.steps)
            + ", each summed over its own events";
    if (!tally.even)
        text += "; events differ in size, and their mean stands for them where that matters";
    return text;
}

std::string levelText(cost::Level level)
{
    switch (level) {
    case cost::Level::Bytes:
        return "level 0 (bytes only)";
    case cost::Level::Serial:
        return "level 1 (one thing after the other)";
    case cost::Level::Overlap:
        return "level 2 (loads and computing overlap within an event, events do not)";
    case cost::Level::Queue:
        break;
    }
    return "level 3 (loads and prefetches queue across events)";
}

std::vector<ResultRow> timeRows(const TimeModel& model, const std::vector<PolicyResult>& policies,
    const std::map<std::string, ParameterValue>& params)
{
    std::vector<ResultRow> rows;
    const cost::StepTally& tally = model.tally;
    const bool timed = model.level != cost::Level::Bytes;
    const auto add = [&](const char* name, const std::map<std::string, ParameterValue>& own,
                         const std::optional<double>& value, const char* unit, std::uint64_t n, const char* why) {
        ResultRow row;
        row.metric = std::string("cache.") + name;
        row.params = own;
        row.value = value;
        row.unit = unit;
        row.n = n;
        if (!value)
            row.undefined = tally.steps == 0 ? "no steps are counted" : why;
        rows.push_back(std::move(row));
    };
    for (std::size_t p = 0; p < policies.size(); ++p) {
        for (std::size_t c = 0; c < tally.capacities.size(); ++c) {
            auto own = params;
            own["policy"] = policyText(policies[p].request);
            own["capacity"] = double(tally.capacities[c]);
            own["level"] = double(model.level);
            own["hardware"] = model.machine.name;
            own["time"] = "modelled";
            const cost::ModelledPoint& point = model.times.points[p][c];
            constexpr const char* kNoTokens = "tokens of the counted steps are not known";
            add("loaded_bytes_per_token", own, point.bytesPerToken, "bytes/token", tally.tokens, kNoTokens);
            if (!timed)
                continue;
            if (c < model.times.siteStall[p].size()) {
                for (std::size_t s = 0; s < tally.sites.size(); ++s) {
                    add("stall_time", own, model.times.siteStall[p][c][s], "s/step", tally.steps, "");
                    rows.back().site = tally.sites[s];
                }
            }
            add("tokens_per_second", own, point.tokensPerSecond, "tokens/s", tally.tokens,
                tally.tokens ? "a step takes no time" : kNoTokens);
            for (const auto& [statistic, value, n] :
                {std::tuple{"mean", point.stepSeconds, tally.steps}, {"p50", point.p50, tally.watchedSteps},
                    {"p95", point.p95, tally.watchedSteps}, {"p99", point.p99, tally.watchedSteps}}) {
                auto which = own;
                which["statistic"] = std::string(statistic);
                add("time_between_tokens", which, value, "s", n, "no steps were watched");
            }
            add("stall_share", own, point.stallShare, "1", tally.steps, "a step takes no time");
            add("link_use", own, point.linkUse, "1", tally.steps, "a step takes no time");
            if (model.machine.cpu)
                add("cpu_share", own, point.cpuShare, "1", tally.steps, "nothing was missing");
        }
    }
    return rows;
}

}
