// SPDX-License-Identifier: GPL-3.0-or-later
//
// expertscope simulate cache TRACE: caches that hold some of the experts; with --reroute a router that looks at them.
#include "analysis/study/trace_analysis.h"
#include "analysis/what_if/cache_phases.h"
#include "analysis/what_if/reroute.h"
#include "analysis/what_if/reroute_rows.h"
#include "app/cli/commands/cache_options.h"
#include "app/cli/commands/shared_options.h"
#include "app/cli/terminal/cache_tables.h"
#include "app/cli/terminal/help.h"
#include "app/cli/terminal/progress.h"
#include "app/cli/terminal/reroute_tables.h"
#include "app/cli/terminal/residency_tables.h"
#include "app/cli/terminal/table.h"

namespace expertscope {

namespace {

struct Options
{
    std::filesystem::path trace;
    CacheOptions cache;
    bool byPhase = false;
    unsigned threads = 0;
    OutputOptions output;
};

std::string tablesOf(const Study& study, const CacheQuestion& question, const CacheAnswer& answer, std::size_t width)
{
    std::string text = cacheHead(study, question, describeRun(answer.events, question.steps), width)
        + cacheTables(question, answer, width);
    if (answer.residency)
        text += '\n' + residencyTable(study.shape(), answer.events, *answer.residency, width);
    return text;
}

Expected<void> simulate(const Options& options, const ResultOutput& output, const CacheQuestion& question)
{
    ES_ASSIGN(const auto study, Study::open({options.trace}, {}, options.threads));
    const std::size_t width = pageOf(output).width;
    auto answer = [&] {
        const TerminalProgress progress;
        return simulateCaches(*study, 0, question, progress.callback(),
            [&](const CacheAnswer& soFar) { progress.say(ratesSoFar(soFar, width)); });
    }();
    if (!answer)
        return tl::unexpected(std::move(answer).error());
    Results results = resultsOf(question, *answer);
    if (output.format == OutputFormat::Tables) {
        ES_TRY(writeTableText(output, tablesOf(*study, question, *answer, width)));
        return results::checkComputed(results);
    }
    return writeResults(output, {originOf(question, *answer, study->traces().front()), std::move(results)},
        question.asked.policies != "all", {}, layersOf(study->shape()));
}

Expected<CacheQuestion> checkPhases(const Options& options)
{
    if (!options.cache.selection.phase.empty())
        return fail("both phases are shown, or one", "--by-phase", "leave out --phase");
    if (!options.cache.reroute.empty())
        return fail("routers that see the residents are replayed over all tokens", "--by-phase", "leave out --reroute");
    return checkCaches(options.cache);
}

/// What was given and what was generated, one after the other.
Expected<void> simulateByPhase(const Options& options, const ResultOutput& output, const CacheQuestion& question)
{
    ES_ASSIGN(const auto study, Study::open({options.trace}, {}, options.threads));
    auto answer = [&] {
        const TerminalProgress progress;
        return simulatePhases(*study, 0, question, progress.callback());
    }();
    if (!answer)
        return tl::unexpected(std::move(answer).error());
    const std::size_t width = pageOf(output).width;
    Results results = resultsOf(question, *answer);
    if (output.format == OutputFormat::Tables) {
        std::string text;
        for (const PhaseAnswer& phase : *answer) {
            CacheQuestion own = question;
            own.scope.phase = phase.phase;
            text += (text.empty() ? "" : "\n") + std::string(phaseName(phase.phase)) + '\n'
                + tablesOf(*study, own, phase.answer, width);
        }
        if (answer->size() == 1)
            text += wrapped(std::string("No token of the selection is of the other phase: ")
                    + (answer->front().phase == Phase::Prompt ? "none was generated." : "none was given."),
                width, 2);
        ES_TRY(writeTableText(output, text));
        return results::checkComputed(results);
    }
    return writeResults(output, {originOf(question, answer->front().answer, study->traces().front()), std::move(results)},
        question.asked.policies != "all", {}, layersOf(study->shape()));
}

Expected<void> reroute(const Options& options, const ResultOutput& output, const RerouteQuestion& question)
{
    ES_ASSIGN(const auto study, Study::open({options.trace}, {}, options.threads));
    auto answer = [&] {
        const TerminalProgress progress;
        return simulateReroute(*study, 0, question, progress.callback());
    }();
    if (!answer)
        return tl::unexpected(std::move(answer).error());
    const std::size_t width = pageOf(output).width;
    Results results = resultsOf(question, *answer);
    if (output.format == OutputFormat::Tables) {
        ES_TRY(writeTableText(output,
            cacheHead(*study, question, describeRun(outlineOf(answer->done), question.steps), width)
                + rerouteTables(question, *answer, width)));
        return results::checkComputed(results);
    }
    return writeResults(output, {originOf(question, *answer, study->traces().front()), std::move(results)}, true, {},
        layersOf(study->shape()));
}

int run(const Options& options, bool rerouted)
{
    std::vector<std::filesystem::path> inputs = filesOf(options.cache);
    inputs.push_back(options.trace);
    if (options.byPhase)
        return runCommand(options, inputs, checkPhases, simulateByPhase);
    if (rerouted)
        return runCommand(options, inputs, [](const Options& o) { return checkReroute(o.cache); }, reroute);
    return runCommand(options, inputs, [](const Options& o) { return checkCaches(o.cache); }, simulate);
}

Run declare(Arguments& arguments)
{
    const auto options = std::make_shared<Options>();
    CacheOptions& cache = options->cache;
    arguments.option("trace", options->trace, "The trace").required();
    arguments.option("--policy", cache.policies,
        "all, or NAME[:KEY=VALUE] with commas between: lru,ema:halflife=8; default: all");
    arguments.option("--capacity", cache.capacities,
        "Slots of a pool: 1-64, 8,16,32 or 50%; or 8GiB: all pools; or quotas:FILE, lines LAYER:SLOTS; default: each "
        "sixteenth");
    arguments.option("--pin", cache.pin,
        "Experts that are always resident: FILE of lines LAYER:EXPERT, or set:FILE#NAME; the policy has the other slots");
    addServing(arguments, cache);
    arguments.flag("--by-phase", options->byPhase,
        "What was given (prefill) and what was generated (decode) apart, each from an empty cache");
    arguments.flag("--per-site-histograms", cache.siteHistograms,
        "In files, misses per event of each site too, not only of the whole model");
    arguments.flag("--quotas", cache.quotas, "Also the best division of as many slots among the pools");
    arguments.flag("--by-expert", cache.byExpert,
        "Of one policy and size also what the cache does with each expert: resident, found, loaded");
    arguments.option("--hardware", cache.time.hardware,
        "Model time on this machine: NAME or FILE.json, parts joined with +; see below");
    arguments.option("--level", cache.time.level, "Of the cost model: 0 to 3; default: 2, with prefetches 3");
    arguments.option(
        "--dense-ms", cache.time.denseMs, "Time of a step outside the experts; default: from the model's sizes");
    arguments
        .option("--prefetch", cache.prefetch,
            "Replay with prefetches too: NAME[:KEY=VALUE] with commas between, may be repeated; see below")
        .repeated();
    arguments.option("--chunks", cache.chunks,
        "A load interrupts a prefetch between so many chunks of an expert; default: 1, not at all");
    arguments.option("--reroute", cache.reroute,
        "[RULE:]KEY=VALUE,...: a router that prefers residents, such as lambda=0.1/0.3,keep=2; --policy: lru");
    arguments.footer(
        [](std::size_t width) {
            return policyHelp(width) + '\n' + predictorHelp(width) + '\n' + ruleHelp(width) + '\n' + hardwareHelp(width);
        });
    addSelection(arguments, cache.selection);
    addThreads(arguments, options->threads);
    addOutput(arguments, options->output);
    return [options, arguments] {
        const bool rerouted = arguments.given("--reroute");
        if (rerouted && !arguments.given("--policy"))
            options->cache.policies = "lru";
        return run(*options, rerouted);
    };
}

}

Command simulateCacheCommand()
{
    return {"cache", "Hit rates of replacement policies at many capacities", declare};
}

}
