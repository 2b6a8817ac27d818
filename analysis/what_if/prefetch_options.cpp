// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/what_if/prefetch_options.h"

#include "analysis/prefetch/registry.h"
#include "analysis/simulation/simulate.h"
#include "analysis/what_if/named_params.h"
#include "io/base/named.h"

#include <algorithm>

namespace expertscope {

using namespace prefetch;

const std::vector<ParameterSpec>& prefetchParams()
{
    static const std::vector<ParameterSpec> params{{.name = "horizon",
                                                       .standard = "1",
                                                       .meaning = "events (sites) ahead",
                                                       .least = 1,
                                                       .most = 65535,
                                                       .whole = true},
        {.name = "n",
            .standard = "0",
            .meaning = "experts named; 0: as many as the site's events ask for on average",
            .least = 0,
            .most = 65535,
            .whole = true},
        {.name = "budget",
            .standard = "65535",
            .meaning = "prefetches after an event, at most",
            .least = 0,
            .most = 65535,
            .whole = true},
        {.name = "evict",
            .standard = "unprotected",
            .meaning = "whom a prefetch may evict: never anyone; who is neither of the event nor foretold; any but the "
                       "event's",
            .kind = ParameterSpec::Kind::Choices,
            .choices = {"never", "unprotected", "any"}}};
    return params;
}

namespace {

Expected<PrefetchSetup> setupOf(const NamedParams& asked, std::uint64_t seed)
{
    const auto wrong = [&](const Error& error) {
        return fail("predictor '" + asked.name + "': " + error.what, "--prefetch", error.hint);
    };
    PrefetchSetup setup;
    setup.predictor.name = asked.name;
    std::map<std::string, std::string> common;
    for (const auto& [name, value] : asked.params) {
        (named(prefetchParams(), name) ? common : setup.predictor.params)[name] = value;
    }
    const PredictorSpec* const spec = named(predictorRegistry(), asked.name);
    for (const auto& [name, value] : setup.predictor.params) {
        if (!spec || named(spec->params, name))
            continue;
        std::vector<ParameterSpec> known = spec->params;
        std::ranges::copy(prefetchParams(), std::back_inserter(known));
        return wrong({"no parameter '" + name + "'", {}, nameHint(known, name)});
    }
    if (const auto known = checkPredictor(setup.predictor); !known)
        return fail(known.error().what, "--prefetch", known.error().hint);
    const auto params = Parameters::check(prefetchParams(), common);
    if (!params)
        return wrong(params.error());
    setup.predictor.options = {.horizon = static_cast<std::uint32_t>(params->number("horizon")),
        .n = static_cast<std::uint32_t>(params->number("n")),
        .seed = seed};
    setup.budget = static_cast<std::uint32_t>(params->number("budget"));
    const auto evict = params->choices("evict");
    if (evict.size() != 1)
        return fail("predictor '" + asked.name + "': evict is one of never, unprotected, any", "--prefetch");
    setup.eviction = evict[0] == "never" ? Eviction::Never : evict[0] == "any" ? Eviction::Any : Eviction::Unprotected;
    return setup;
}

}

Expected<PrefetchRequest> parsePrefetch(const std::vector<std::string>& texts, const std::string& chunks,
    std::uint64_t seed, const simulation::Contract& contract)
{
    PrefetchRequest request;
    if (const auto able = checkPrefetchContract(contract); !able && !texts.empty())
        return fail(able.error().what, "--prefetch", able.error().hint);
    for (const std::string& text : texts) {
        ES_ASSIGN(const auto all, parseNamed(text, "--prefetch", "such as transition:horizon=2,previous"));
        for (const NamedParams& named : all) {
            ES_ASSIGN(PrefetchSetup setup, setupOf(named, seed));
            request.setups.push_back(std::move(setup));
            std::string name = namedText(named.name, named.params);
            if (std::ranges::find(request.texts, name) != request.texts.end())
                return fail("predictor '" + name + "' is named twice", "--prefetch");
            request.texts.push_back(std::move(name));
        }
    }
    if (!chunks.empty()) {
        if (!readWhole(chunks, request.chunks) || request.chunks < 1 || request.chunks > 4096)
            return fail("'" + chunks + "' is no number of chunks", "--chunks", "1 to 4096");
        if (texts.empty())
            return fail("only a prefetch is interrupted between chunks", "--chunks", "name one with --prefetch");
    }
    return request;
}

Expected<void> choosePrefetchPolicies(
    std::vector<simulation::PolicyRequest> policies, const simulation::Contract& contract, PrefetchRequest& request)
{
    if (request.setups.empty())
        return {};
    for (const simulation::PolicyRequest& policy : policies) {
        if (const auto able = cacheMaker(policy, contract); !able)
            return fail(able.error().what, "--prefetch", able.error().hint);
    }
    request.policies = std::move(policies);
    return {};
}

Expected<void> choosePrefetchLevel(const TimeRequest& time, bool given, PrefetchRequest& request)
{
    if (request.setups.empty() && time.level == cost::Level::Queue)
        return fail("level 3 is for replays with prefetches", "--level", "name a predictor with --prefetch, or 2");
    request.queue = !request.setups.empty() && time.machine && (!given || time.level == cost::Level::Queue);
    return {};
}

}
