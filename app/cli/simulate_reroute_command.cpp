// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/simulate_reroute_command.h"

#include "analysis/spine/selection.h"
#include "app/cli/simulate_reroute_rows.h"
#include "app/cli/table.h"
#include "app/cli/trace_analysis.h"
#include "io/base/version.h"

#include <algorithm>
#include <map>

namespace expertscope {

using namespace rerouting;
using namespace simulation;

namespace {

constexpr const char* kStandardCapacities = "12.5%,25%,50%";

struct Request : CacheServing
{
    RerouteOptions options;
    CheckedRule rule;
    CapacityList capacities;
    TimeRequest time; ///< only for the size of an expert
    std::optional<double> expertBytes;
    std::map<std::string, std::string> leftOut; ///< why policies cannot -> their names
};

Expected<void> choosePolicies(const std::string& text, Request& request)
{
    ES_ASSIGN(request.options.policies, parsePolicies(text));
    if (!request.options.policies.empty()) {
        for (const PolicyRequest& policy : request.options.policies)
            ES_TRY(canReroute(policy, request.contract));
        return {};
    }
    for (const PolicySpec& spec : policyRegistry()) {
        const auto able = canReroute({spec.name}, request.contract);
        if (able) {
            request.options.policies.push_back({spec.name});
            continue;
        }
        std::string why = able.error().what;
        if (const std::string subject = "policy '" + spec.name + "' "; why.starts_with(subject))
            why.erase(0, subject.size());
        std::string& names = request.leftOut[why];
        names += (names.empty() ? "" : ", ") + spec.name;
    }
    if (request.options.policies.empty())
        return fail("no policy can reroute under this contract: " + describe(request.contract), "--policy");
    return {};
}

Expected<Request> check(const SimulateCacheOptions& options)
{
    Request request;
    ES_ASSIGN(static_cast<CacheServing&>(request), checkServing(options));
    if (options.quotas)
        return fail("quotas are divided by what was recorded", "--quotas", "leave out --reroute");
    if (!options.time.hardware.empty())
        return fail("time is modelled of what was recorded", "--hardware", "leave out --reroute");
    if (!options.prefetch.empty())
        return fail("what is prefetched is guessed from what was recorded", "--prefetch", "leave out --reroute");
    ES_ASSIGN(request.time, checkTime(options.time));
    ES_ASSIGN(request.options.rule, parseReroute(options.reroute));
    ES_ASSIGN(request.rule, checkRule(request.options.rule));
    ES_ASSIGN(
        request.capacities, parseCapacities(options.capacities.empty() ? kStandardCapacities : options.capacities));
    if (!options.expertBytes.empty()) {
        ES_ASSIGN(request.expertBytes, parseSize(options.expertBytes, "--expert-bytes"));
    }
    ES_TRY(choosePolicies(options.policies, request));
    request.options.threads = request.selection.threads;
    return request;
}

/// "prior, keep 1".
std::string ruleText(const CheckedRule& rule)
{
    return rule.spec->name + " (" + rule.spec->definition + "), " + std::to_string(rule.keep)
        + (rule.keep == 1 ? " largest logit" : " largest logits") + " of a token always kept";
}

struct Rerouted
{
    Rerouting done;
    std::uint32_t poolSize = 0; ///< experts of the largest pool
    bool cut = false, unequal = false;
};

std::string tableOf(const Rerouted& rerouted, const Request& request, std::size_t first, std::size_t width)
{
    const auto& results = rerouted.done.results;
    const std::size_t numRows = request.rule.strengths.size() + 1;
    const auto& capacities = request.options.capacities;
    const bool bytes = request.expertBytes && rerouted.done.countedTokens;
    TextTable table;
    table.addColumn("slots", TextTable::Align::Right, true);
    table.addColumn("of pool", TextTable::Align::Right, true);
    table.addColumn(request.rule.spec->strength.name, TextTable::Align::Right, true);
    table.addColumn("miss rate", TextTable::Align::Right);
    table.addColumn("misses", TextTable::Align::Right);
    if (bytes)
        table.addColumn("MiB/token", TextTable::Align::Right);
    table.addColumn("changed", TextTable::Align::Right);
    table.addColumn("dropped", TextTable::Align::Right);
    table.addColumn("added", TextTable::Align::Right);
    for (std::size_t c = 0; c < capacities.size(); ++c) {
        const std::uint64_t recorded = wholeModel(results[first].cache, c).misses();
        for (std::size_t r = 0; r < numRows; ++r) {
            const ReroutedCache& result = results[first + r];
            const Counters cache = wholeModel(result.cache, c);
            const ChoiceCounters choices = allChoices(result, c);
            std::vector<std::string> cells{r ? "" : std::to_string(capacities[c]),
                r ? "" : format("%.0f %%", 100.0 * capacities[c] / rerouted.poolSize),
                result.strength ? format("%g", *result.strength) : "recorded",
                cache.requests ? format("%.4f", 1 - cache.hitRate()) : "-",
                recorded ? format("%.1f %%", 100.0 * double(cache.misses()) / double(recorded)) : "-"};
            if (bytes)
                cells.push_back(format("%.2f",
                    double(cache.misses()) * *request.expertBytes / double(rerouted.done.countedTokens)
                        / (1024 * 1024)));
            const auto share = [&](double sum, std::uint64_t n) {
                cells.push_back(result.strength && n ? format("%.2f %%", 100 * sum / double(n)) : "-");
            };
            share(double(choices.changed), choices.choices);
            share(choices.dropped, choices.tokens);
            share(choices.added, choices.tokens);
            table.addRow(std::move(cells));
        }
    }
    return table.toString(width);
}

std::string tables(const Rerouted& rerouted, const Request& request)
{
    const std::size_t width = terminalWidth();
    std::string text = wrapped("Rerouted by " + ruleText(request.rule), width, 2);
    const std::size_t numRows = request.rule.strengths.size() + 1;
    for (std::size_t p = 0; p < request.options.policies.size(); ++p)
        text += '\n' + printable(policyText(request.options.policies[p])) + '\n'
            + tableOf(rerouted, request, p * numRows, width);
    const auto note = [&](const std::string& line) { text += wrapped(line, width, 2); };
    text += '\n';
    note("misses: as a share of those of the recorded routing. changed: share of all choices. dropped, added: "
         "probability "
         "of the recorded experts that a token lost, and of those it got instead; mean over tokens.");
    note("What this does to the model's answers is not in a trace, and the hidden states stay as recorded.");
    const ChoiceCounters choices = allChoices(rerouted.done.results.front(), 0);
    if (choices.left)
        note(format("%.3g %% of the tokens stay as recorded everywhere",
                 100.0 * double(choices.left) / double(choices.tokens))
            + ": their recorded experts are not those with the largest logits.");
    for (const auto& [why, names] : request.leftOut)
        note("Left out: " + names + " (" + why + ").");
    if (rerouted.cut)
        note("Capacities above " + std::to_string(rerouted.poolSize) + ", all experts of a pool, are shown as that.");
    if (rerouted.unequal)
        note("The pools are of different sizes; percentages are of the largest.");
    if (choices.tokens == 0)
        note("Nothing was asked for: no token of the selection routes to an expert.");
    return text;
}

Expected<Rerouted> simulate(TraceFile& file, Request& request)
{
    ES_ASSIGN(const ModelSizes sizes, sizesOf(request.time, request.expertBytes, file.summary().provenance));
    if (sizes.noExpertBytes.empty())
        request.expertBytes = sizes.model.expertBytes;
    Rerouted rerouted;
    const RoutingShape& shape = file.shape();
    ES_ASSIGN(const auto sites, selectSites(shape, request.selection));
    std::uint32_t smallest = UINT32_MAX;
    const auto pools = poolsOf(sites, request.contract);
    for (const auto& pool : pools) {
        std::uint32_t size = 0;
        for (const SiteIndex site : pool)
            size += shape.sites[std::size_t(site)].numExperts;
        rerouted.poolSize = std::max(rerouted.poolSize, size);
        smallest = std::min(smallest, size);
    }
    if (rerouted.poolSize == 0)
        return fail("the trace has no sites");
    rerouted.unequal = smallest != rerouted.poolSize;
    ES_TRY(bytesToSlots(request.capacities, sizes, pools.size()));
    request.options.capacities = capacitiesOf(request.capacities, rerouted.poolSize, rerouted.cut);
    const TerminalProgress progress;
    request.options.progress = progress.callback();
    ES_ASSIGN(
        rerouted.done, simulateRerouting(file, request.selection, request.steps, request.contract, request.options));
    return rerouted;
}

ResultOrigin originOf(
    const SimulateCacheOptions& options, const Request& request, const NamedTrace& trace, const EventSet& outline)
{
    ResultOrigin origin;
    origin.traces.push_back(expertscope::describe(trace.path, trace.file->summary()));
    origin.tool = {{"name", "expertscope simulate cache"}, {"version", kVersion}};
    origin.options = {{"contract", simulation::describe(request.contract)},
        {"run", describeRun(outline, request.steps)}, {"reroute", options.reroute},
        {"tolerance", format("%g", request.rule.tolerance)}, {"policy", options.policies},
        {"capacity", options.capacities}, {"truncated", outline.truncated ? "true" : "false"},
        {"batch", std::to_string(options.batch)}, {"prefill_chunk", std::to_string(options.prefillChunk)},
        {"seed", std::to_string(options.seed)}, {"shuffle", std::to_string(options.shuffle)},
        {"expert_bytes", options.expertBytes}};
    for (auto& pair : expertscope::describe(request.selection))
        origin.options.push_back(std::move(pair));
    return origin;
}

Expected<void> run(const SimulateCacheOptions& options, OutputFormat format, Request request)
{
    ES_ASSIGN(const auto traces, openTraces({options.trace}));
    const NamedTrace& trace = traces.front();
    auto rerouted = simulate(*trace.file, request);
    if (!rerouted)
        return tl::unexpected(inFile(std::move(rerouted).error(), trace.path));
    const EventSet outline = outlineOf(rerouted->done);
    if (format == OutputFormat::Tables) {
        const std::string first = simulation::describe(request.contract) + "; " + describeRun(outline, request.steps);
        const std::size_t width = terminalWidth();
        return writeOutput(options.output.output,
            wrapped(first, width, 2) + wrapped(headingOf(trace, request.selection), width, 2)
                + tables(*rerouted, request));
    }
    const CacheRowContext context{.params = servingParams(options, request.contract),
        .expertBytes = request.expertBytes,
        .siteHistograms = options.siteHistograms,
        .tokens = rerouted->done.countedTokens,
        .noTokens = outline.tokens ? "all steps are warm-up" : ""};
    return writeResults(options.output, format,
        {originOf(options, request, trace, outline), rerouteRows(rerouted->done, request.rule, context)}, true, {},
        layersOf(trace.file->shape()));
}

}

Expected<RerouteRequest> parseReroute(const std::string& text)
{
    RerouteRequest request{ruleRegistry().front().name, {}};
    const auto colon = text.find(':');
    std::string rest = text;
    if (colon != std::string::npos || text.find('=') == std::string::npos) {
        request.rule = text.substr(0, colon);
        rest = colon == std::string::npos ? std::string() : text.substr(colon + 1);
    }
    const auto wrong = [&](const std::string& what, const std::string& hint) { return fail(what, "--reroute", hint); };
    for (std::size_t begin = 0; begin < rest.size() || (begin == 0 && colon != std::string::npos);) {
        const std::size_t end = std::min(rest.find(',', begin), rest.size());
        const std::string part = rest.substr(begin, end - begin);
        const auto at = part.find('=');
        if (at == std::string::npos || at == 0)
            return wrong("'" + part + "' in '" + text + "' is no KEY=VALUE", "such as lambda=0.1/0.3,keep=2");
        if (!request.params.emplace(part.substr(0, at), part.substr(at + 1)).second)
            return wrong("parameter '" + part.substr(0, at) + "' is named twice", {});
        begin = end + 1;
        if (end + 1 == rest.size())
            return wrong("'" + text + "' ends with a comma", {});
    }
    if (auto checked = checkRule(request); !checked)
        return wrong(checked.error().what, checked.error().hint);
    return request;
}

std::string ruleHelp()
{
    std::string text =
        wrapped("Rules for --reroute; each also takes keep=1 (so many largest logits are chosen in any case) and "
                "tolerance=0.01 (share of a site's tokens whose recorded choice may have other reasons than "
                "the logits; they stay as recorded):",
            terminalWidth(), 2);
    for (const RuleSpec& spec : ruleRegistry()) {
        text += wrapped("  " + spec.name + "  " + spec.definition, terminalWidth(), 6);
        text += wrapped("      " + spec.strength.name + "=" + spec.strength.standard + "  " + spec.strength.meaning,
            terminalWidth(), 10);
    }
    return text;
}

int runSimulateReroute(const SimulateCacheOptions& options)
{
    return runCommand(options, check, run);
}

}
