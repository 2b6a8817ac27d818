// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands/simulate_cache.h"

#include "analysis/study/trace_analysis.h"
#include "analysis/what_if/cache_rows.h"
#include "analysis/what_if/prefetch_rows.h"
#include "analysis/what_if/quota_rows.h"
#include "analysis/what_if/time_model.h"
#include "app/cli/terminal/table.h"
#include "io/base/text.h"
#include "io/base/version.h"

#include <algorithm>
#include <map>

namespace expertscope {

using namespace simulation;

namespace {

/// What the options mean, checked without the trace.
struct CacheRequest : CacheServing
{
    std::vector<PolicyRequest> policies;
    std::map<std::string, std::string> leftOut; ///< why policies cannot serve the contract -> their names
    CapacityList capacities;
    std::optional<double> expertBytes;
    TimeRequest time;
    PrefetchRequest prefetch; ///< no setups: not asked for
};

/// Error: why the policy cannot serve the contract.
Expected<void> canServe(const PolicyRequest& policy, const Contract& contract)
{
    const auto tried = simulateCaches({}, contract, {policy}, {1}, 1);
    return tried ? Expected<void>() : tl::unexpected(tried.error());
}

Expected<void> choosePolicies(const std::string& text, CacheRequest& request)
{
    ES_ASSIGN(request.policies, parsePolicies(text));
    if (!request.policies.empty()) {
        for (const PolicyRequest& policy : request.policies)
            ES_TRY(canServe(policy, request.contract));
        return {};
    }
    for (const PolicySpec& spec : policyRegistry()) {
        const PolicyRequest policy{spec.name};
        if (const auto able = canServe(policy, request.contract)) {
            request.policies.push_back(policy);
        } else {
            std::string why = able.error().what;
            const std::string subject = "policy '" + spec.name + "' ";
            if (why.starts_with(subject))
                why.erase(0, subject.size());
            std::string& names = request.leftOut[why];
            names += (names.empty() ? "" : ", ") + spec.name;
        }
    }
    if (request.policies.empty())
        return fail("no policy can serve this contract: " + describe(request.contract), "--policy");
    return {};
}

Expected<CacheRequest> check(const SimulateCacheOptions& options)
{
    CacheRequest request;
    ES_ASSIGN(static_cast<CacheServing&>(request), checkServing(options));
    ES_ASSIGN(request.capacities, parseCapacities(options.capacities));
    if (!options.expertBytes.empty()) {
        ES_ASSIGN(request.expertBytes, parseSize(options.expertBytes, "--expert-bytes"));
    }
    ES_ASSIGN(request.time, checkTime(options.time));
    if (request.time.machine && options.prefillChunk > 0)
        return fail("steps of a prompt and of decoding differ in length: no time can be modelled for both",
            "--hardware", "leave out --prefill-chunk");
    ES_TRY(choosePolicies(options.policies, request));
    ES_ASSIGN(request.prefetch, parsePrefetch(options.prefetch, options.chunks, options.seed, request.contract));
    ES_TRY(choosePrefetchPolicies(options.policies == "all" ? std::vector<PolicyRequest>{{"lru"}} : request.policies,
        request.contract, request.prefetch));
    ES_TRY(choosePrefetchLevel(request.time, !options.time.level.empty(), request.prefetch));
    return request;
}

constexpr double kGiB = 1024.0 * 1024 * 1024;

/// What the tables are made of.
struct Simulated
{
    EventSet events;
    std::vector<std::uint32_t> capacities;
    std::uint32_t poolSize = 0; ///< experts of the largest pool
    bool cut = false, unequal = false;
    std::vector<PolicyResult> policies;
    std::vector<double> memory; ///< [capacity] bytes of all slots; empty: not known
    std::optional<TimeModel> time;
    std::optional<PrefetchModel> prefetch;
    std::vector<QuotaCurve> quotas; ///< if asked for
};

std::string capacityTable(const Simulated& simulated, std::size_t width, double (Counters::*rate)() const)
{
    TextTable table;
    table.addColumn("slots", TextTable::Align::Right, true);
    table.addColumn("of pool", TextTable::Align::Right, true);
    const double unit = simulated.memory.empty() || simulated.memory.back() < kGiB ? kGiB / 1024 : kGiB;
    if (!simulated.memory.empty())
        table.addColumn(unit < kGiB ? "MiB" : "GiB", TextTable::Align::Right, true);
    for (const PolicyResult& policy : simulated.policies) {
        const auto spec = std::ranges::find(policyRegistry(), policy.request.name, &PolicySpec::name);
        table.addColumn(
            printable(policyText(policy.request)) + (spec->knowsFuture ? "*" : ""), TextTable::Align::Right);
    }
    for (std::size_t c = 0; c < simulated.capacities.size(); ++c) {
        std::vector<std::string> cells{std::to_string(simulated.capacities[c]),
            format("%.0f %%", 100.0 * simulated.capacities[c] / simulated.poolSize)};
        if (!simulated.memory.empty())
            cells.push_back(format("%.2f", simulated.memory[c] / unit));
        for (const PolicyResult& policy : simulated.policies) {
            const Counters all = wholeModel(policy, c);
            cells.push_back(all.requests ? format("%.4f", (all.*rate)()) : "-");
        }
        table.addRow(std::move(cells));
    }
    return table.toString(width);
}

std::string regimeTable(const Simulated& simulated, const Regime& regime, const CacheRequest& request,
    std::uint64_t tokens, std::size_t width)
{
    const bool perPool = request.contract.scope != Scope::PerSite;
    TextTable table;
    table.addColumn("slots", TextTable::Align::Right, true);
    table.addColumn(perPool ? "T/slots" : "|S|/slots", TextTable::Align::Right);
    table.addColumn("overflows", TextTable::Align::Right);
    if (request.expertBytes && tokens) {
        table.addColumn("best causal policy", TextTable::Align::Left);
        table.addColumn("MiB/token", TextTable::Align::Right);
    }
    for (std::size_t c = 0; c < simulated.capacities.size(); ++c) {
        const double size = perPool ? regime.slotsAStep : regime.eventSize;
        const Counters first = wholeModel(simulated.policies.front(), c);
        std::vector<std::string> cells{std::to_string(simulated.capacities[c]),
            format("%.3f", size / simulated.capacities[c]),
            first.events ? format("%.1f %%", 100.0 * double(first.overflows) / double(first.events)) : "-"};
        if (request.expertBytes && tokens) {
            const PolicyResult* best = nullptr;
            std::uint64_t misses = 0;
            for (const PolicyResult& policy : simulated.policies) {
                const auto spec = std::ranges::find(policyRegistry(), policy.request.name, &PolicySpec::name);
                const std::uint64_t own = wholeModel(policy, c).misses();
                if (!spec->knowsFuture && (!best || own < misses)) {
                    best = &policy;
                    misses = own;
                }
            }
            cells.push_back(best ? printable(policyText(best->request)) : "-");
            cells.push_back(
                best ? format("%.2f", double(misses) * *request.expertBytes / double(tokens) / (1024 * 1024)) : "-");
        }
        table.addRow(std::move(cells));
    }
    return table.toString(width);
}

std::string tables(const Simulated& simulated, const CacheRequest& request, std::uint64_t tokens)
{
    const std::size_t width = terminalWidth();
    std::string text = '\n'
        + wrapped("Hit rate: share of requests (distinct experts of a step at a site) that were resident", width, 2)
        + capacityTable(simulated, width, &Counters::hitRate);
    const Counters any = wholeModel(simulated.policies.front(), 0);
    if (any.assignments != any.requests)
        text += '\n'
            + wrapped("Of choices: share of (token, slot) pairs, each counted, whose expert was resident", width, 2)
            + capacityTable(simulated, width, &Counters::assignmentHitRate);
    const auto note = [&](const std::string& line) { text += wrapped(line, width, 2); };
    if (std::ranges::any_of(simulated.policies, [](const PolicyResult& policy) {
            return std::ranges::find(policyRegistry(), policy.request.name, &PolicySpec::name)->knowsFuture;
        }))
        note("* knows what comes: a bound, not a policy that could run");
    for (const auto& [why, names] : request.leftOut)
        note("Left out: " + names + " (" + why + ").");
    if (!simulated.memory.empty())
        note((simulated.memory.back() < kGiB ? "MiB" : "GiB") + std::string(": the slots of all pools, ")
            + sizeText(*request.expertBytes) + " each");
    if (simulated.cut)
        note("Capacities above " + std::to_string(simulated.poolSize) + ", all experts of a pool, are shown as that.");
    if (simulated.unequal)
        note("The pools are of different sizes; percentages are of the largest.");
    const auto regime = regimeOf(simulated.events);
    if (!regime) {
        note("Nothing was asked for: no token of the selection routes to an expert.");
        return text;
    }
    if (!simulated.quotas.empty())
        text += '\n' + quotaTables(simulated.events, simulated.quotas, simulated.capacities, width);
    text += "\nRegime\n";
    note(format("|S| = %.2f distinct experts a step at a site", regime->eventSize)
        + format(", %.2f choices each", regime->assignments)
        + format("; T = %.2f slots a step in a pool", regime->slotsAStep));
    note((regime->reuse ? format("%.1f %%", 100 * *regime->reuse) : std::string("-"))
        + " of requests repeat what the site was asked for in the step before");
    if (request.contract.scope != Scope::PerSite)
        note(
            "Below T slots LRU finds next to nothing: the sites take turns, and what comes next was used longest ago.");
    text += regimeTable(simulated, *regime, request, tokens, width);
    if (simulated.time)
        text += timeTables(*simulated.time, simulated.policies, simulated.memory, width);
    if (simulated.prefetch)
        text += prefetchTables(*simulated.prefetch, width);
    if (simulated.prefetch && simulated.policies.size() > simulated.prefetch->request.policies.size())
        note("Of all policies lru alone is replayed with prefetches; --policy names others.");
    return text;
}

ResultOrigin originOf(
    const SimulateCacheOptions& options, const CacheRequest& request, const NamedTrace& trace, const EventSet& events)
{
    ResultOrigin origin;
    origin.traces.push_back(expertscope::describe(trace.path, trace.file->summary()));
    origin.tool = {{"name", "expertscope simulate cache"}, {"version", kVersion}};
    origin.options = {{"contract", simulation::describe(request.contract)}, {"run", describeRun(events, request.steps)},
        {"steps", std::to_string(events.steps)}, {"requests", std::to_string(events.requests)},
        {"truncated", events.truncated ? "true" : "false"}, {"policy", options.policies},
        {"capacity", options.capacities}, {"batch", std::to_string(options.batch)},
        {"prefill_chunk", std::to_string(options.prefillChunk)}, {"seed", std::to_string(options.seed)},
        {"shuffle", std::to_string(options.shuffle)}, {"expert_bytes", options.expertBytes},
        {"expert_bits", options.time.expertBits}, {"model", options.time.model.string()},
        {"hardware", options.time.hardware}, {"level", options.time.level}, {"dense_ms", options.time.denseMs},
        {"prefetch", [&] {
             std::string all;
             for (const std::string& text : request.prefetch.texts)
                 all += (all.empty() ? "" : ",") + text;
             return all;
         }()},
        {"chunks", options.chunks}};
    std::string leftOut;
    for (const auto& [why, names] : request.leftOut)
        leftOut += (leftOut.empty() ? "" : "; ") + names + ": " + why;
    origin.options.emplace_back("left_out", leftOut);
    for (auto& pair : expertscope::describe(request.selection))
        origin.options.push_back(std::move(pair));
    return origin;
}

Expected<Simulated> simulate(const NamedTrace& trace, CacheRequest& request, const ModelSizes& sizes, bool quotas)
{
    Simulated simulated;
    ES_ASSIGN(simulated.events, readEvents(*trace.file, request.selection, request.steps, request.contract));
    const auto& pools = simulated.events.pools;
    if (pools.empty())
        return fail("the trace has no sites");
    for (const EventStream& pool : pools) {
        simulated.unequal |= pool.numObjects() != pools.front().numObjects();
        simulated.poolSize = std::max(simulated.poolSize, pool.numObjects());
    }
    ES_TRY(bytesToSlots(request.capacities, sizes, pools.size()));
    simulated.capacities = capacitiesOf(request.capacities, simulated.poolSize, simulated.cut);
    for (std::size_t c = 0; request.expertBytes && c < simulated.capacities.size(); ++c) {
        double slots = 0;
        for (const EventStream& pool : pools)
            slots += std::min(pool.numObjects(), simulated.capacities[c]);
        simulated.memory.push_back(slots * *request.expertBytes);
    }
    watchFor(request.time, simulated.events, request.contract, simulated.capacities.size() * request.policies.size());
    const TerminalProgress progress;
    ES_ASSIGN(simulated.policies,
        simulateCaches(simulated.events, request.contract, request.policies, simulated.capacities,
            request.selection.threads, progress.callback()));
    if (request.time.machine && request.time.level != cost::Level::Queue)
        simulated.time = timeModelOf(request.time, sizes, simulated.events, request.contract, simulated.policies,
            simulated.events.countedTokens);
    if (quotas) {
        ES_ASSIGN(simulated.quotas,
            simulateQuotas(simulated.events, request.contract, request.policies, simulated.capacities,
                request.selection.threads, progress.callback()));
    }
    return simulated;
}

Expected<void> simulateCache(const SimulateCacheOptions& options, OutputFormat format, CacheRequest request)
{
    ES_ASSIGN(const auto traces, openTraces({options.trace}));
    const NamedTrace& trace = traces.front();
    ES_ASSIGN(const ModelSizes sizes, sizesOf(request.time, request.expertBytes, trace.file->summary().provenance));
    if (sizes.noExpertBytes.empty())
        request.expertBytes = sizes.model.expertBytes;
    auto simulated = simulate(trace, request, sizes, options.quotas);
    if (!simulated)
        return tl::unexpected(inFile(std::move(simulated).error(), trace.path));
    const EventSet& events = simulated->events;
    if (!request.prefetch.setups.empty()) {
        const TerminalProgress progress;
        auto model = replayPrefetches(request.prefetch, request.time, sizes, events, request.contract,
            simulated->capacities, request.selection.threads, progress.callback());
        if (!model)
            return tl::unexpected(inFile(std::move(model).error(), trace.path));
        model->expertBytes = request.expertBytes;
        model->tokens = events.countedTokens;
        simulated->prefetch = std::move(*model);
    }
    CacheRowContext context{.params = servingParams(options, request.contract),
        .expertBytes = request.expertBytes,
        .siteHistograms = options.siteHistograms,
        .tokens = events.countedTokens,
        .noTokens = {}};
    if (context.tokens == 0 && events.tokens > 0)
        context.noTokens = "all steps are warm-up";
    if (format == OutputFormat::Tables) {
        const std::string first = simulation::describe(request.contract) + "; " + describeRun(events, request.steps);
        return writeOutput(options.output.output,
            wrapped(first, terminalWidth(), 2) + wrapped(headingOf(trace, request.selection), terminalWidth(), 2)
                + tables(*simulated, request, context.tokens));
    }
    Results results = cacheRows(events, simulated->policies, context);
    std::ranges::move(
        quotaRows(events, simulated->quotas, simulated->capacities, context.params), std::back_inserter(results.rows));
    ResultOrigin origin = originOf(options, request, trace, events);
    if (simulated->time) {
        std::ranges::move(
            timeRows(*simulated->time, simulated->policies, context.params), std::back_inserter(results.rows));
        std::ranges::move(expertscope::describe(*simulated->time), std::back_inserter(origin.options));
    }
    if (simulated->prefetch) {
        Results own = prefetchRows(*simulated->prefetch, context.params);
        std::ranges::move(own.rows, std::back_inserter(results.rows));
        std::ranges::move(own.matrices, std::back_inserter(results.matrices));
        std::ranges::copy(simulated->prefetch->modelled, std::back_inserter(origin.options));
    }
    return writeResults(options.output, format, {std::move(origin), std::move(results)},
        options.policies != "all", {}, layersOf(trace.file->shape()));
}

}

std::string policyHelp()
{
    std::string text = "Policies (* knows what comes):\n";
    for (const PolicySpec& spec : policyRegistry()) {
        text += wrapped("  " + spec.name + "  " + (spec.knowsFuture ? "* " : "") + spec.definition, terminalWidth(), 6);
        for (const ParameterSpec& param : spec.params)
            text += wrapped("      " + param.name + "=" + param.standard + "  " + param.meaning, terminalWidth(), 10);
    }
    return text;
}

int runSimulateCache(const SimulateCacheOptions& options)
{
    return runCommand(options, check, simulateCache);
}

}
