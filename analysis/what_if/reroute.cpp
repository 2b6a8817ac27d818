// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/what_if/reroute.h"

#include "analysis/rerouting/registry.h"
#include "analysis/spine/selection.h"
#include "analysis/study/trace_analysis.h"
#include "analysis/what_if/byte_sizes.h"
#include "analysis/what_if/reroute_rows.h"
#include "io/base/text.h"
#include "io/base/version.h"

#include <algorithm>

namespace expertscope {

using namespace rerouting;
using namespace results;
using namespace simulation;

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

Expected<RerouteQuestion> checkReroute(const CacheOptions& options)
{
    RerouteQuestion question;
    question.asked = options;
    ES_ASSIGN(static_cast<CacheServing&>(question), checkServing(options));
    if (options.quotas)
        return fail("quotas are divided by what was recorded", "--quotas", "leave out --reroute");
    if (options.byExpert)
        return fail("experts one by one are told of what was recorded", "--by-expert", "leave out --reroute");
    if (!options.time.hardware.empty())
        return fail("time is modelled of what was recorded", "--hardware", "leave out --reroute");
    if (!options.prefetch.empty())
        return fail("what is prefetched is guessed from what was recorded", "--prefetch", "leave out --reroute");
    ES_ASSIGN(question.time, checkTime(options.time));
    ES_ASSIGN(question.request, parseReroute(options.reroute));
    ES_ASSIGN(question.rule, checkRule(question.request));
    ES_ASSIGN(
        question.capacities, parseCapacities(options.capacities.empty() ? "12.5%,25%,50%" : options.capacities));
    if (!options.expertBytes.empty()) {
        ES_ASSIGN(question.expertBytes, parseSize(options.expertBytes, "--expert-bytes"));
    }
    const auto able = [&](const PolicyRequest& policy) { return canReroute(policy, question.contract); };
    ES_ASSIGN(question.choice, choosePolicies(options.policies, able));
    if (question.choice.policies.empty())
        return fail("no policy can reroute under this contract: " + describe(question.contract), "--policy");
    return question;
}

namespace {

Expected<RerouteAnswer> replayReroute(
    const Study& study, std::size_t trace, const RerouteQuestion& question, const Progress& progress)
{
    const NamedTrace& of = study.traces()[trace];
    const RoutingShape& shape = study.shape(trace);
    ES_ASSIGN(PassOptions selection, selectionOf(study, trace, question.scope, progress));
    selection.progress = partOf(progress, 0, 0.3);
    ES_ASSIGN(const ModelSizes sizes, sizesOf(question.time, question.expertBytes, of.summary.provenance));
    RerouteAnswer answer;
    answer.expertBytes = sizes.noExpertBytes.empty() ? sizes.model.expertBytes : question.expertBytes;
    ES_ASSIGN(const auto sites, selectSites(shape, selection));
    std::uint32_t smallest = UINT32_MAX;
    const auto pools = poolsOf(sites, question.contract);
    for (const auto& pool : pools) {
        std::uint32_t size = 0;
        for (const SiteIndex site : pool)
            size += shape.sites[std::size_t(site)].numExperts;
        answer.poolSize = std::max(answer.poolSize, size);
        smallest = std::min(smallest, size);
    }
    if (answer.poolSize == 0)
        return fail("the trace has no sites");
    answer.unequal = smallest != answer.poolSize;
    CapacityList list = question.capacities;
    ES_TRY(bytesToSlots(list, sizes, pools.size()));
    answer.capacities = capacitiesOf(list, answer.poolSize, answer.cut);
    RerouteOptions options;
    options.rule = question.request;
    options.policies = question.choice.policies;
    options.capacities = answer.capacities;
    options.threads = selection.threads;
    options.progress = partOf(progress, 0.3, 1);
    ES_ASSIGN(answer.done, simulateRerouting(*of.source, selection, question.steps, question.contract, options));
    return answer;
}

}

Expected<RerouteAnswer> simulateReroute(
    const Study& study, std::size_t trace, const RerouteQuestion& question, const Progress& progress)
{
    auto answer = replayReroute(study, trace, question, progress);
    if (!answer)
        return tl::unexpected(inFile(std::move(answer).error(), study.traces()[trace].path));
    return answer;
}

Results resultsOf(const RerouteQuestion& question, const RerouteAnswer& answer)
{
    const CacheRowContext context{.params = servingParams(question.asked, question.contract),
        .expertBytes = answer.expertBytes,
        .siteHistograms = question.asked.siteHistograms,
        .tokens = answer.done.countedTokens,
        .noTokens = answer.done.tokens ? "all steps are warm-up" : ""};
    return rerouteRows(answer.done, question.rule, context);
}

ResultOrigin originOf(const RerouteQuestion& question, const RerouteAnswer& answer, const NamedTrace& trace)
{
    const CacheOptions& asked = question.asked;
    const EventSet outline = outlineOf(answer.done);
    ResultOrigin origin;
    origin.traces.push_back(describe(trace));
    origin.layers = layersBySite(trace.source->shape());
    origin.tool = {{"name", "expertscope simulate cache"}, {"version", kVersion}};
    origin.options = {{"contract", describe(question.contract)}, {"run", describeRun(outline, question.steps)},
        {"reroute", asked.reroute}, {"tolerance", format("%g", question.rule.tolerance)}, {"policy", asked.policies},
        {"capacity", asked.capacities}, {"truncated", outline.truncated ? "true" : "false"},
        {"batch", std::to_string(asked.batch)}, {"prefill_chunk", std::to_string(asked.prefillChunk)},
        {"seed", std::to_string(asked.seed)}, {"shuffle", std::to_string(asked.shuffle)},
        {"expert_bytes", asked.expertBytes}};
    std::ranges::move(describe(question.scope), std::back_inserter(origin.options));
    return origin;
}

}
