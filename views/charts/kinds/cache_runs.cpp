// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/charts/kinds/cache_runs.h"

#include "analysis/simulation/registry.h"
#include "analysis/what_if/caches.h"
#include "io/base/named.h"
#include "views/charts/kinds/one_site.h"
#include "views/charts/wording.h"

#include <algorithm>

namespace expertscope {

Error inChart(Error error)
{
    for (std::string* text : {&error.where, &error.hint}) {
        for (std::size_t at = text->find("--"); at != std::string::npos; at = text->find("--", at)) {
            text->erase(at, 2);
            const std::size_t end = text->find_first_of(" ,:;", at);
            std::replace(text->begin() + std::ptrdiff_t(at),
                end == std::string::npos ? text->end() : text->begin() + std::ptrdiff_t(end), '-', '_');
        }
    }
    return error;
}

Expected<void> checkServed(const Study& study, const ChartQuestion& question)
{
    if (!question.scope.splitsSequences())
        return {};
    return fail("a cache serves whole sequences: tokens cannot be picked out of them",
        describeTokens(question.scope, study.shape(question.trace)), "keep sequences by their labels");
}

CacheOptions cacheOptions(const Parameters& params)
{
    CacheOptions options;
    options.policies = joined(params.choices("policy"), ",");
    options.capacities = params.text("capacity");
    std::ranges::replace(options.capacities, '/', ',');
    return options;
}

Expected<std::shared_ptr<CacheRun>> runCaches(
    const Study& study, const ChartQuestion& question, CacheOptions options, const Progress& progress)
{
    ES_TRY(checkServed(study, question));
    auto data = std::make_shared<CacheRun>();
    const RoutingShape& shape = study.shape(question.trace);
    data->shape.sites = shape.sites;
    data->trace = csvTrace(study.traces()[question.trace]);
    data->tokens = describeTokens(question.scope, shape);
    auto cache = checkCaches(options);
    if (!cache)
        return tl::unexpected(inChart(std::move(cache).error()));
    cache->scope = question.scope;
    const auto answer = simulateCaches(study, question.trace, *cache, progress);
    if (!answer)
        return tl::unexpected(inChart(answer.error()));
    if (answer->events.requests == 0)
        return nothingToDraw(data->tokens, study.traces()[question.trace].name);
    data->contract = simulation::describe(cache->contract);
    if (answer->time)
        data->modelled = describe(*answer->time);
    else if (answer->prefetch)
        data->modelled = answer->prefetch->modelled;
    data->results = resultsOf(*cache, *answer);
    data->experts = answer->poolSize;
    data->capacities = answer->capacities;
    data->memory = answer->memory;
    return data;
}

ChartOption policyOption(std::string standard, bool list, const std::vector<std::string>& able)
{
    ChartOption option{{.name = "policy",
                           .standard = std::move(standard),
                           .meaning = list ? "replacement policies, with '/' between" : "replacement policy",
                           .kind = ParameterSpec::Kind::Choices},
        list ? "Policies" : "Policy", true, list};
    for (const simulation::PolicySpec& spec : simulation::policyRegistry()) {
        if (able.empty() || std::ranges::find(able, spec.name) != able.end())
            option.choices.push_back(spec.name);
    }
    return option;
}

ChartOption capacityOption()
{
    return {{.name = "capacity",
                .standard = "",
                .meaning = "slots of a layer's cache: 1-64, 8/16/32, 50%; default: each sixteenth of the experts",
                .kind = ParameterSpec::Kind::Text},
        "Slots", true};
}

std::string paramText(const ResultRow& row, const std::string& name)
{
    const auto found = row.params.find(name);
    if (found == row.params.end())
        return {};
    if (const auto* text = std::get_if<std::string>(&found->second))
        return *text;
    return QString::number(std::get<double>(found->second), 'g', 12).toStdString();
}

double paramNumber(const ResultRow& row, const std::string& name)
{
    return std::get<double>(row.params.at(name));
}

std::pair<const char*, double> memoryUnit(double most)
{
    constexpr double kMiB = 1 << 20;
    return most >= 1024 * kMiB ? std::pair{"GiB", 1024 * kMiB} : std::pair{"MiB", kMiB};
}

}
