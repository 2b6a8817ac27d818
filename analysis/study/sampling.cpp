// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/study/sampling.h"

#include "analysis/metrics/needs.h"
#include "analysis/metrics/registry.h"
#include "io/base/named.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace expertscope {

namespace {

/// How many values lists have, for each that they have by default: each costs a run of its own.
double timesStandard(const MetricSpec& spec, const MetricRequest& metric)
{
    const auto given = Parameters::check(spec.params, metric.params), standard = Parameters::check(spec.params, {});
    if (!given || !standard)
        return 1;
    const auto values = [](const Parameters& params, const ParameterSpec& param) {
        return double(param.kind == ParameterSpec::Kind::Choices ? params.choices(param.name).size()
                                                                 : params.numbers(param.name).size());
    };
    double times = 1;
    for (const ParameterSpec& param : spec.params) {
        if (param.kind == ParameterSpec::Kind::Numbers || param.kind == ParameterSpec::Kind::Choices)
            times *= values(*given, param) / values(*standard, param);
    }
    return times;
}

/// 283 -> 280: nobody takes it for a number that means something.
std::uint32_t rounded(double sequences)
{
    double unit = 1;
    while (sequences / unit >= 100)
        unit *= 10;
    return static_cast<std::uint32_t>(std::floor(sequences / unit) * unit);
}

/// A choice in nanoseconds of a core, read and counted.
constexpr double kReadingCost = 4;

Expected<double> choicesOf(const Study& study, std::size_t trace, const Scope& scope, std::uint64_t tokens)
{
    ES_ASSIGN(const auto sites, study.sitesOf(trace, scope));
    double choices = 0;
    for (const SiteIndex site : sites)
        choices += double(tokens) * study.shape(trace).sites[std::size_t(site)].topK;
    return choices;
}

std::string secondsText(double seconds)
{
    return seconds < 1 ? "1 s" : seconds < 120 ? format("%.0f s", seconds) : format("%.0f min", seconds / 60);
}

}

Expected<std::vector<MetricCost>> costsOf(const Study& study, std::size_t trace, const MetricQuestion& question)
{
    std::vector<MetricCost> costs(question.metrics.size());
    if (study.traces()[trace].answers) // which are there, or are not
        return costs;
    ES_ASSIGN(const Study::Extent extent, study.extentOf(trace, question.scope));
    ES_ASSIGN(const double choices, choicesOf(study, trace, question.scope, extent.tokens));
    for (std::size_t i = 0; i < costs.size(); ++i) {
        const MetricSpec* const spec = named(metricRegistry(), question.metrics[i].name);
        MetricCost& cost = costs[i];
        cost.sequences = extent.sequences;
        if (spec)
            cost.allSeconds = choices * spec->cost * timesStandard(*spec, question.metrics[i]) * 1e-9;
        cost.seconds = cost.allSeconds;
        if (cost.allSeconds <= kSampledSeconds || question.scope.sample > 0)
            continue;
        const double share = kSampledSeconds / cost.allSeconds;
        const std::uint32_t sample = std::max(kLeastSampled, rounded(share * double(extent.sequences)));
        if (sample >= extent.sequences)
            continue;
        cost.sample = sample;
        cost.seconds = cost.allSeconds * double(sample) / double(extent.sequences);
    }
    return costs;
}

Expected<std::uint32_t> firstSample(
    const Study& study, std::size_t trace, const MetricQuestion& question, double patience)
{
    if (question.scope.sample > 0 || question.scope.splitsSequences() || study.traces()[trace].answers)
        return 0;
    ES_ASSIGN(const Study::Extent extent, study.extentOf(trace, question.scope));
    ES_ASSIGN(const double choices, choicesOf(study, trace, question.scope, extent.tokens));
    ES_ASSIGN(const auto costs, costsOf(study, trace, question));
    double seconds = choices * kReadingCost * 1e-9;
    for (const MetricCost& cost : costs)
        seconds += cost.allSeconds;
    if (seconds <= patience)
        return 0;
    const std::uint32_t sample = std::max(kLeastSampled, rounded(patience / 5 / seconds * double(extent.sequences)));
    return 4 * std::uint64_t(sample) <= extent.sequences ? sample : 0;
}

Expected<std::vector<ResultsPtr>> sampledMetrics(
    const Study& study, std::size_t trace, const MetricQuestion& question, const Progress& progress)
{
    ES_ASSIGN(const auto costs, costsOf(study, trace, question));
    std::map<std::uint32_t, std::vector<std::size_t>> bySample;
    std::map<std::uint32_t, double> seconds;
    double all = 0;
    for (std::size_t i = 0; i < costs.size(); ++i) {
        const double cost = 1 + costs[i].seconds; // and reading
        bySample[costs[i].sample].push_back(i);
        seconds[costs[i].sample] += cost;
        all += cost;
    }
    std::vector<ResultsPtr> answers(costs.size());
    double done = 0;
    for (const auto& [sample, places] : bySample) {
        MetricQuestion part = question;
        part.metrics.clear();
        for (const std::size_t i : places)
            part.metrics.push_back(question.metrics[i]);
        if (sample > 0)
            part.scope.sample = sample;
        const double from = done / all;
        done += seconds[sample];
        ES_ASSIGN(auto some, study.metrics(trace, part, partOf(progress, from, done / all)));
        for (std::size_t i = 0; i < places.size(); ++i)
            answers[places[i]] = std::move(some[i]);
    }
    return answers;
}

std::vector<std::string> describeCosts(
    const std::vector<MetricRequest>& metrics, const std::vector<MetricCost>& costs, bool exact)
{
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < costs.size(); ++i) {
        const MetricCost& cost = costs[i];
        if (exact && cost.allSeconds > kSampledSeconds)
            lines.push_back(metrics[i].name + ": about " + secondsText(cost.allSeconds) + " of a core");
        else if (!exact && cost.sample > 0)
            lines.push_back(metrics[i].name + ": a sample of " + std::to_string(cost.sample) + " of "
                + std::to_string(cost.sequences) + " sequences, about " + secondsText(cost.seconds)
                + " of a core; all of them with --exact: " + secondsText(cost.allSeconds));
    }
    return lines;
}

std::string onRequestText(const Study& study, std::size_t trace, const Scope& scope)
{
    MetricQuestion question;
    question.scope = scope;
    question.scope.sample = 0;
    const RoutingShape& shape = study.shape(trace);
    for (const MetricSpec& spec : metricRegistry()) {
        if (spec.onRequest && whatIsMissing(spec, shape, false, scope.splitsSequences(), 1).empty())
            question.metrics.push_back({spec.name});
    }
    const auto costs = costsOf(study, trace, question);
    std::string text;
    for (std::size_t i = 0; costs && i < costs->size(); ++i)
        addPart(text, question.metrics[i].name + " (" + secondsText((*costs)[i].allSeconds) + ")");
    return text;
}

}
