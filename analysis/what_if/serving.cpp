// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/what_if/serving.h"

#include "analysis/what_if/contract_text.h"

#include <nlohmann/json.hpp>

#include <fstream>
#include <sstream>

namespace expertscope {

using namespace simulation;

namespace {

constexpr std::string_view kPreload = "preload:", kQuotas = "quotas:";

/// "quotas:FILE"
std::optional<std::filesystem::path> fileOfQuotas(const std::string& capacities)
{
    if (!capacities.starts_with(kQuotas))
        return {};
    return capacities.substr(kQuotas.size());
}

/// A JSON array of lists of experts, one a site of the trace.
Expected<std::vector<std::vector<std::uint16_t>>> readPreload(const std::string& path)
{
    std::ifstream file(path);
    if (!file)
        return fail("cannot be read", path);
    const auto json = nlohmann::json::parse(file, nullptr, false);
    const auto wrong = [&] {
        return fail("is not a list of experts for each site of the trace", path, "such as [[3, 0], [1, 2]]");
    };
    if (!json.is_array() || json.empty())
        return wrong();
    std::vector<std::vector<std::uint16_t>> lists;
    for (const auto& site : json) {
        if (!site.is_array())
            return wrong();
        auto& experts = lists.emplace_back();
        for (const auto& expert : site) {
            if (!expert.is_number_unsigned() || expert.get<std::uint64_t>() >= kNoExpert)
                return wrong();
            experts.push_back(expert.get<std::uint16_t>());
        }
    }
    return lists;
}

/// Reads what is pinned and the quotas.
Expected<void> checkGiven(const CacheOptions& options, CacheServing& serving)
{
    const auto quotas = fileOfQuotas(options.capacities);
    std::string& told = serving.contract.given;
    if (!options.pin.empty()) {
        ES_ASSIGN(serving.given.pins, readPins(options.pin));
        told = "pinned: " + options.pin;
    }
    if (quotas) {
        ES_ASSIGN(serving.given.quotas, readSlots(*quotas));
        told += (told.empty() ? "quotas: " : ", quotas: ") + quotas->string();
    }
    const std::string option = quotas ? "--capacity" : "--pin";
    if (told.empty())
        return {};
    if (!options.reroute.empty() || !options.prefetch.empty())
        return fail("pinned experts and quotas are replayed as recorded, without prefetches", option,
            "leave out --prefetch and --reroute");
    if (options.byExpert)
        return fail("experts one by one are told of caches that hold nothing beforehand, and of one size", "--by-expert",
            "leave it out, or " + option);
    if (options.quotas)
        return fail("the best division is sought of pools that hold nothing beforehand and have no slots of their own",
            "--quotas", "leave it out, or " + option);
    return {};
}

}

std::vector<std::filesystem::path> filesOf(const CacheOptions& options)
{
    std::vector<std::filesystem::path> files{options.time.model};
    std::stringstream parts(options.time.hardware);
    for (std::string part; std::getline(parts, part, '+');)
        files.emplace_back(part);
    if (options.cold.starts_with(kPreload))
        files.emplace_back(options.cold.substr(kPreload.size()));
    if (!options.pin.empty())
        files.push_back(fileOfPins(options.pin));
    if (const auto file = fileOfQuotas(options.capacities))
        files.push_back(*file);
    return files;
}

Expected<CacheServing> checkServing(const CacheOptions& options)
{
    CacheServing serving;
    ES_ASSIGN(serving.scope, checkSelection(options.selection));
    Contract& contract = serving.contract;
    ES_TRY(parseService(options.service, contract));
    ES_TRY(parsePools(options.scope, contract));
    if (options.admission != "forced" && options.admission != "bypass")
        return fail("'" + options.admission + "' is no admission", "--admission", "forced or bypass");
    if (options.cold.starts_with(kPreload)) {
        ES_ASSIGN(contract.preload, readPreload(options.cold.substr(kPreload.size())));
        if (options.flush)
            return fail("a cache that is flushed between sequences does not start preloaded", "--cold",
                "leave out --flush");
        if (!options.prefetch.empty() || !options.reroute.empty())
            return fail("preloaded caches are replayed as recorded, without prefetches", "--cold",
                "leave out --prefetch and --reroute");
    } else if (options.cold != "empty" && options.cold != "first-free") {
        return fail("'" + options.cold + "' is no cold start", "--cold", "empty, first-free or preload:FILE");
    }
    if (options.batch < 1)
        return fail("a batch of no sequences", "--batch");
    if (options.flush && (options.batch > 1 || options.prefillChunk > 0))
        return fail("a cache that is flushed between sequences serves one token of one sequence at a time", "--flush",
            "leave out --batch and --prefill-chunk");
    ES_TRY(checkGiven(options, serving));
    contract.admission = options.admission == "forced" ? Admission::Forced : Admission::Bypass;
    contract.coldStart = options.cold == "first-free" ? ColdStart::FirstFree : ColdStart::Empty;
    contract.flushBetweenSequences = options.flush;
    contract.warmUpSteps = options.warmUp + preloadSteps(contract);
    contract.seed = options.seed;
    serving.steps = {.batch = options.batch, .prefillChunk = options.prefillChunk, .seed = options.shuffle};
    return serving;
}

Expected<PassOptions> selectionOf(
    const Study& study, std::size_t trace, const expertscope::Scope& scope, const Progress& progress)
{
    if (scope.splitsSequences())
        return fail("a cache serves whole sequences: tokens cannot be picked by expert, value or place", {},
            "choose sequences by their labels");
    return study.passOf(trace, scope, progress);
}

std::map<std::string, ParameterValue> servingParams(const CacheOptions& options, const Contract& contract)
{
    std::map<std::string, ParameterValue> params{{"scope", options.scope},
        {"contract", options.service == "sequential" ? "sequential:router" : options.service},
        {"admission", options.admission}, {"batch", double(options.batch)}};
    // The rest only where it is not as usual.
    if (contract.coldStart == ColdStart::FirstFree)
        params["cold"] = "first-free";
    if (!contract.preload.empty())
        params["cold"] = "preload";
    if (!options.pin.empty())
        params["pinned"] = options.pin;
    if (const auto quotas = fileOfQuotas(options.capacities))
        params["quotas"] = quotas->string();
    if (contract.flushBetweenSequences)
        params["flush"] = "yes";
    if (options.warmUp)
        params["warm_up"] = double(options.warmUp);
    if (options.prefillChunk)
        params["prefill_chunk"] = double(options.prefillChunk);
    if (options.shuffle)
        params["shuffle"] = double(options.shuffle);
    return params;
}

std::string describeRun(const EventSet& events, const StepOptions& options)
{
    std::uint64_t preloaded = 0; // requests
    for (const EventStream& pool : events.pools)
        preloaded += pool.firstRequest(events.preloadSteps * pool.sites.size());
    std::string text = std::to_string(events.steps - events.preloadSteps) + " steps, "
        + std::to_string(events.tokens) + " tokens, " + std::to_string(events.requests - preloaded) + " requests, batch " + std::to_string(options.batch);
    if (options.prefillChunk)
        text += ", prompts in chunks of " + std::to_string(options.prefillChunk) + " tokens";
    if (options.seed)
        text += ", sequences shuffled with seed " + std::to_string(options.seed);
    return text + (events.truncated ? ", TRUNCATED: the trace has more" : ", all that was selected");
}

}
