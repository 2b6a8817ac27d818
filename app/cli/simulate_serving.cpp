// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/simulate_serving.h"

namespace expertscope {

using namespace simulation;

Expected<CacheServing> checkServing(const SimulateCacheOptions& options)
{
    CacheServing serving;
    ES_ASSIGN(serving.selection, checkSelection(options.selection));
    Contract& contract = serving.contract;
    ES_TRY(parseService(options.service, contract));
    ES_TRY(parseScope(options.scope, contract));
    if (options.admission != "forced" && options.admission != "bypass")
        return fail("'" + options.admission + "' is no admission", "--admission", "forced or bypass");
    if (options.cold != "empty" && options.cold != "first-free")
        return fail("'" + options.cold + "' is no cold start", "--cold", "empty or first-free");
    if (options.batch < 1)
        return fail("a batch of no sequences", "--batch");
    if (options.flush && (options.batch > 1 || options.prefillChunk > 0))
        return fail("a cache that is flushed between sequences serves one token of one sequence at a time", "--flush",
            "leave out --batch and --prefill-chunk");
    contract.admission = options.admission == "forced" ? Admission::Forced : Admission::Bypass;
    contract.coldStart = options.cold == "empty" ? ColdStart::Empty : ColdStart::FirstFree;
    contract.flushBetweenSequences = options.flush;
    contract.warmUpSteps = options.warmUp;
    contract.seed = options.seed;
    serving.steps = {.batch = options.batch, .prefillChunk = options.prefillChunk, .seed = options.shuffle};
    return serving;
}

std::map<std::string, ParameterValue> servingParams(const SimulateCacheOptions& options, const Contract& contract)
{
    std::map<std::string, ParameterValue> params{{"scope", options.scope},
        {"contract", options.service == "sequential" ? "sequential:router" : options.service},
        {"admission", options.admission}, {"batch", double(options.batch)}};
    // The rest only where it is not as usual.
    if (contract.coldStart == ColdStart::FirstFree)
        params["cold"] = "first-free";
    if (contract.flushBetweenSequences)
        params["flush"] = "yes";
    if (contract.warmUpSteps)
        params["warm_up"] = double(contract.warmUpSteps);
    if (options.prefillChunk)
        params["prefill_chunk"] = double(options.prefillChunk);
    if (options.shuffle)
        params["shuffle"] = double(options.shuffle);
    return params;
}

std::string describeRun(const EventSet& events, const StepOptions& options)
{
    std::string text = std::to_string(events.steps) + " steps, " + std::to_string(events.tokens) + " tokens, "
        + std::to_string(events.requests) + " requests, batch " + std::to_string(options.batch);
    if (options.prefillChunk)
        text += ", prompts in chunks of " + std::to_string(options.prefillChunk) + " tokens";
    if (options.seed)
        text += ", sequences shuffled with seed " + std::to_string(options.seed);
    return text + (events.truncated ? ", TRUNCATED: the trace has more" : ", all that was selected");
}

}
