// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/what_if/caches.h"

#include "analysis/simulation/pinned.h"
#include "analysis/simulation/simulate.h"
#include "analysis/study/trace_analysis.h"
#include "analysis/what_if/byte_sizes.h"
#include "analysis/what_if/cache_rows.h"
#include "analysis/what_if/prefetch_rows.h"
#include "io/base/text.h"
#include "io/base/version.h"

#include <algorithm>

namespace expertscope {

using namespace results;
using namespace simulation;

Expected<CacheQuestion> checkCaches(const CacheOptions& options)
{
    CacheQuestion question;
    question.asked = options;
    ES_ASSIGN(static_cast<CacheServing&>(question), checkServing(options));
    const Contract& contract = question.contract;
    if (question.given.quotas.empty()) {
        ES_ASSIGN(question.capacities, parseCapacities(options.capacities));
    }
    if (!options.expertBytes.empty()) {
        ES_ASSIGN(question.expertBytes, parseSize(options.expertBytes, "--expert-bytes"));
    }
    ES_ASSIGN(question.time, checkTime(options.time));
    if (question.time.machine && options.prefillChunk > 0)
        return fail("steps of a prompt and of decoding differ in length: no time can be modelled for both",
            "--hardware", "leave out --prefill-chunk");
    const auto canServe = [&](const PolicyRequest& policy) -> Expected<void> {
        ES_TRY(checkPolicy(policy, contract));
        return {};
    };
    ES_ASSIGN(question.choice, choosePolicies(options.policies, canServe));
    const auto& policies = question.choice.policies;
    if (policies.empty())
        return fail("no policy can serve this contract: " + describe(contract), "--policy");
    if (options.byExpert)
        ES_TRY(checkResidency(policies, contract));
    ES_ASSIGN(question.prefetch, parsePrefetch(options.prefetch, options.chunks, options.seed, contract));
    ES_TRY(choosePrefetchPolicies(
        options.policies == "all" ? std::vector<PolicyRequest>{{"lru"}} : policies, contract, question.prefetch));
    ES_TRY(choosePrefetchLevel(question.time, !options.time.level.empty(), question.prefetch));
    return question;
}

namespace {

/// `list` for the pools of the answer, and what is given site by site into the contract.
Expected<void> chooseCapacities(CacheAnswer& answer, const CacheQuestion& question, CapacityList list,
    const RoutingShape& shape, Contract& contract)
{
    std::vector<SiteIndex> sites;
    for (const EventStream& pool : answer.events.pools)
        sites.insert(sites.end(), pool.sites.begin(), pool.sites.end());
    ES_TRY(giveSites(question.given, shape, sites, contract));
    if (!contract.quotas.empty()) {
        std::uint64_t slots = 0;
        for (const SiteIndex site : sites)
            slots += contract.quotas[std::size_t(site)];
        const std::uint64_t pools = answer.events.pools.size();
        answer.capacities = {static_cast<std::uint32_t>(std::max<std::uint64_t>((slots + pools / 2) / pools, 1))};
        return {};
    }
    answer.capacities = capacitiesOf(list, answer.poolSize, answer.cut);
    const auto fullest = std::ranges::max_element(
        answer.events.pools, {}, [&](const EventStream& pool) { return pinnedSlots(pool, contract); });
    const std::uint32_t most = pinnedSlots(*fullest, contract);
    if (most <= answer.capacities.front())
        return {};
    if (!question.asked.capacities.empty())
        return fail(std::to_string(most) + " experts are pinned in the pool of layer "
                + std::to_string(shape.sites[std::size_t(fullest->sites.front())].layer)
                + ", which has " + std::to_string(answer.capacities.front())
                + (answer.capacities.front() == 1 ? " slot" : " slots"),
            "--capacity", "from " + std::to_string(most) + " slots on");
    answer.belowPins = true;
    std::erase_if(answer.capacities, [&](std::uint32_t capacity) { return capacity < most; });
    return {};
}

/// What a user looks at first comes first.
Expected<void> replayPolicies(CacheAnswer& answer, const Contract& contract, const std::vector<PolicyRequest>& policies,
    unsigned threads, const Progress& progress, const CachesSoFar& soFar)
{
    std::vector<PolicyRequest> quick, others;
    for (const PolicyRequest& policy : policies)
        (soFar && (policy.name == "lru" || policy.name == "opt") ? quick : others).push_back(policy);
    const double share = quick.empty() || others.empty() ? 0 : 0.1;
    if (share > 0) {
        ES_ASSIGN(answer.policies,
            simulation::simulateCaches(
                answer.events, contract, quick, answer.capacities, threads, partOf(progress, 0, share)));
        soFar(answer);
    } else {
        others = policies;
    }
    ES_ASSIGN(auto rest,
        simulation::simulateCaches(
            answer.events, contract, others, answer.capacities, threads, partOf(progress, share, 1)));
    std::ranges::move(rest, std::back_inserter(answer.policies));
    // In the order in which they were asked for.
    std::vector<PolicyResult> ordered;
    for (const PolicyRequest& policy : policies)
        ordered.push_back(std::move(*std::ranges::find_if(answer.policies, [&](const PolicyResult& result) {
            return result.request.name == policy.name && result.request.params == policy.params;
        })));
    answer.policies = std::move(ordered);
    return {};
}

Expected<CacheAnswer> replayCaches(const Study& study, std::size_t trace, const CacheQuestion& question,
    const ModelSizes& sizes, const Progress& progress, const CachesSoFar& soFar)
{
    Contract contract = question.contract;
    const TimeRequest& time = question.time;
    const auto& policies = question.choice.policies;
    const bool more = question.asked.quotas || question.asked.byExpert || !question.prefetch.setups.empty();
    ES_ASSIGN(PassOptions selection, selectionOf(study, trace, question.scope, progress));
    selection.progress = partOf(progress, 0, 0.3);
    CacheAnswer answer;
    answer.expertBytes = sizes.noExpertBytes.empty() ? sizes.model.expertBytes : question.expertBytes;
    ES_ASSIGN(answer.events, readEvents(*study.traces()[trace].source, selection, question.steps, contract));
    EventSet& events = answer.events;
    if (events.pools.empty())
        return fail("the trace has no sites");
    for (const EventStream& pool : events.pools) {
        answer.unequal |= pool.numObjects() != events.pools.front().numObjects();
        answer.poolSize = std::max(answer.poolSize, pool.numObjects());
    }
    CapacityList list = question.capacities;
    ES_TRY(bytesToSlots(list, sizes, events.pools.size()));
    ES_TRY(chooseCapacities(answer, question, list, study.shape(trace), contract));
    for (std::size_t c = 0; answer.expertBytes && c < answer.capacities.size(); ++c) {
        double slots = 0;
        for (const EventStream& pool : events.pools)
            slots += std::min(pool.numObjects(), slotsOf(pool, contract, answer.capacities[c]));
        answer.memory.push_back(slots * *answer.expertBytes);
    }
    watchFor(time, events, contract, answer.capacities.size() * policies.size());
    ES_TRY(replayPolicies(
        answer, contract, policies, selection.threads, partOf(progress, 0.3, more ? 0.5 : 1), soFar));
    if (time.machine && time.level != cost::Level::Queue) {
        answer.time = timeModelOf(time, sizes, events, contract, answer.policies, events.countedTokens);
        answer.time->tally.capacities = answer.capacities; // not those of the first pool
    }
    if (question.asked.quotas) {
        ES_ASSIGN(answer.quotas,
            simulateQuotas(events, contract, policies, answer.capacities, selection.threads,
                partOf(progress, 0.5, 0.75)));
    }
    if (question.asked.byExpert) {
        ES_ASSIGN(answer.residency,
            simulateResidency(events, contract, policies, answer.capacities, selection.threads, partOf(progress, 0.5, 1)));
    }
    if (!question.prefetch.setups.empty()) {
        ES_ASSIGN(answer.prefetch,
            replayPrefetches(question.prefetch, time, sizes, events, contract, answer.capacities, selection.threads,
                partOf(progress, 0.75, 1)));
        answer.prefetch->expertBytes = answer.expertBytes;
        answer.prefetch->tokens = events.countedTokens;
    }
    return answer;
}

}

Expected<CacheAnswer> simulateCaches(const Study& study, std::size_t trace, const CacheQuestion& question,
    const Progress& progress, const CachesSoFar& soFar)
{
    const NamedTrace& of = study.traces()[trace];
    ES_ASSIGN(const ModelSizes sizes, sizesOf(question.time, question.expertBytes, of.summary.provenance));
    auto answer = replayCaches(study, trace, question, sizes, progress, soFar);
    if (!answer)
        return tl::unexpected(inFile(std::move(answer).error(), of.path));
    return answer;
}

Results resultsOf(const CacheQuestion& question, const CacheAnswer& answer)
{
    const EventSet& events = answer.events;
    CacheRowContext context{.params = servingParams(question.asked, question.contract),
        .expertBytes = answer.expertBytes,
        .siteHistograms = question.asked.siteHistograms,
        .tokens = events.countedTokens,
        .noTokens = {}};
    if (context.tokens == 0 && events.tokens > 0)
        context.noTokens = "all steps are warm-up";
    Results results = cacheRows(events, answer.policies, context);
    const auto add = [&](std::vector<ResultRow> rows) {
        std::ranges::move(rows, std::back_inserter(results.rows));
    };
    add(quotaRows(events, answer.quotas, answer.capacities, context.params));
    if (answer.residency)
        add(residencyRows(events, *answer.residency, context.params));
    if (answer.time)
        add(timeRows(*answer.time, answer.policies, context.params));
    if (answer.prefetch) {
        Results own = prefetchRows(*answer.prefetch, context.params);
        add(std::move(own.rows));
        std::ranges::move(own.matrices, std::back_inserter(results.matrices));
    }
    return results;
}

ResultOrigin originOf(const CacheQuestion& question, const CacheAnswer& answer, const NamedTrace& trace)
{
    const CacheOptions& asked = question.asked;
    const EventSet& events = answer.events;
    ResultOrigin origin;
    origin.traces.push_back(describe(trace));
    origin.layers = layersBySite(trace.source->shape());
    origin.tool = {{"name", "expertscope simulate cache"}, {"version", kVersion}};
    origin.options = {{"contract", describe(question.contract)}, {"run", describeRun(events, question.steps)},
        {"steps", std::to_string(events.steps)}, {"requests", std::to_string(events.requests)},
        {"truncated", events.truncated ? "true" : "false"}, {"policy", asked.policies},
        {"capacity", asked.capacities}, {"batch", std::to_string(asked.batch)},
        {"prefill_chunk", std::to_string(asked.prefillChunk)}, {"seed", std::to_string(asked.seed)},
        {"shuffle", std::to_string(asked.shuffle)}, {"expert_bytes", asked.expertBytes},
        {"expert_bits", asked.time.expertBits}, {"model", asked.time.model.string()},
        {"hardware", asked.time.hardware}, {"level", asked.time.level}, {"dense_ms", asked.time.denseMs},
        {"prefetch", joined(question.prefetch.texts, ",")}, {"chunks", asked.chunks},
        {"left_out", leftOutText(question.choice)}};
    if (!asked.pin.empty())
        origin.options.emplace_back("pin", asked.pin);
    const auto add = [&](NamedTexts pairs) { std::ranges::move(pairs, std::back_inserter(origin.options)); };
    add(describe(question.scope));
    if (answer.time)
        add(describe(*answer.time));
    if (answer.prefetch)
        add(answer.prefetch->modelled);
    return origin;
}

}
