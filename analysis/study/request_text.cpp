// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/study/request_text.h"

#include "analysis/metrics/registry.h"
#include "analysis/study/expert_sets.h"
#include "io/base/named.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <sstream>

namespace expertscope {

namespace {

constexpr const char* kOption = "--metric";
struct NamedPhase
{
    const char* name;
    Phase phase;
};
constexpr NamedPhase kPhases[] = {{"prompt", Phase::Prompt}, {"decode", Phase::Decode}};
constexpr std::uint32_t kMostReplicates = 100'000;

/// Splits at `separator` where no backslash stands before it, and takes that backslash away.
std::vector<std::string> split(const std::string& text, char separator)
{
    std::vector<std::string> parts(1);
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == separator)
            parts.back() += text[++i];
        else if (text[i] == separator)
            parts.emplace_back();
        else
            parts.back() += text[i];
    }
    return parts;
}

std::vector<MetricRequest> standardMetrics(std::size_t numTraces, bool everything)
{
    std::vector<MetricRequest> metrics;
    for (const MetricSpec& spec : metricRegistry()) {
        if (everything || (!spec.onRequest && (spec.minTraces == 1 || numTraces > 1)))
            metrics.push_back({spec.name});
    }
    return metrics;
}

/// "0-3,7" -> 0, 1, 2, 3, 7; `what` they are.
Expected<std::vector<std::uint16_t>> parseNumbers(
    const std::string& text, const std::string& option, const std::string& what)
{
    const auto wrong = [&] { return fail("'" + text + "' is no list of " + what, option, "such as 3, 0-5 or 0-3,7"); };
    std::set<std::uint16_t> numbers;
    std::stringstream parts(text);
    for (std::string part; std::getline(parts, part, ',');) {
        std::uint16_t first = 0, last = 0;
        const char* const end = part.data() + part.size();
        auto [next, error] = std::from_chars(part.data(), end, first);
        if (error != std::errc())
            return wrong();
        last = first;
        if (next != end) {
            if (*next != '-')
                return wrong();
            const auto second = std::from_chars(next + 1, end, last);
            if (second.ec != std::errc() || second.ptr != end || last < first)
                return wrong();
        }
        for (unsigned number = first; number <= last; ++number)
            numbers.insert(static_cast<std::uint16_t>(number));
    }
    if (numbers.empty() || text.back() == ',')
        return wrong();
    return std::vector(numbers.begin(), numbers.end());
}

std::string numbersText(const std::vector<std::uint16_t>& numbers)
{
    std::string text;
    for (std::size_t i = 0; i < numbers.size();) {
        std::size_t last = i;
        while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1)
            ++last;
        const std::string first = std::to_string(numbers[i]);
        addPart(text, last > i ? first + "-" + std::to_string(numbers[last]) : first, ",");
        i = last + 1;
    }
    return text;
}

/// All conditions on labels, in the grammar of --where.
std::vector<std::string> conditionsOf(const Scope& scope)
{
    std::vector<std::string> conditions;
    for (const LabelFilter& filter : scope.where)
        conditions.push_back(conditionText(filter));
    for (const LabelFilter& filter : scope.without)
        conditions.push_back(conditionText(filter, false));
    return conditions;
}

bool same(const MetricRequest& a, const MetricRequest& b)
{
    return a.name == b.name && a.params == b.params;
}

}

Expected<MetricRequest> parseMetric(const std::string& text)
{
    MetricRequest metric;
    const auto colon = text.find(':');
    metric.name = text.substr(0, colon);
    const MetricSpec* spec = named(metricRegistry(), metric.name);
    if (!spec)
        return fail("unknown metric '" + metric.name + "'", kOption,
            nearestHint(metric.name, nameList(metricRegistry()), "`expertscope metrics` lists them"));
    if (colon == std::string::npos)
        return metric;
    for (const std::string& part : split(text.substr(colon + 1), ',')) {
        const auto equals = part.find('=');
        if (equals == std::string::npos || equals == 0)
            return fail("'" + part + "' in '" + text + "' is no KEY=VALUE", kOption,
                "such as srp:m=16, lists with '/': srp:m=4/16");
        if (!metric.params.emplace(part.substr(0, equals), part.substr(equals + 1)).second)
            return fail("parameter '" + part.substr(0, equals) + "' is named twice in '" + text + "'", kOption);
    }
    if (auto checked = Parameters::check(spec->params, metric.params); !checked) {
        const Error& error = checked.error();
        return fail("metric '" + metric.name + "': " + error.what, kOption, error.hint);
    }
    return metric;
}

std::string metricText(const MetricRequest& metric)
{
    std::string text = metric.name;
    char separator = ':';
    for (const auto& [name, value] : metric.params) {
        text += separator + name + '=';
        for (const char c : value)
            text += c == ',' ? std::string("\\,") : std::string(1, c);
        separator = ',';
    }
    return text;
}

Expected<std::vector<SiteIndex>> parseSites(const std::string& text)
{
    ES_ASSIGN(const auto numbers, parseNumbers(text, "--sites", "sites"));
    std::vector<SiteIndex> sites;
    for (const std::uint16_t number : numbers)
        sites.emplace_back(number);
    return sites;
}

Expected<std::vector<std::uint16_t>> parseLayers(const std::string& text)
{
    return parseNumbers(text, "--layers", "layers");
}

std::string sitesText(const std::vector<SiteIndex>& sites)
{
    std::vector<std::uint16_t> numbers;
    for (const SiteIndex site : sites)
        numbers.push_back(site.value);
    return numbersText(numbers);
}

Expected<Scope> checkSelection(const SelectionOptions& options)
{
    Scope scope;
    for (const std::string& text : options.where) {
        ES_ASSIGN(Condition condition, parseCondition(text));
        (condition.keep ? scope.where : scope.without).push_back(std::move(condition.filter));
    }
    if (!options.sites.empty() && !options.layers.empty())
        return fail("sites are chosen by their place or by their layer, not both", "--layers", "leave out --sites");
    if (!options.sites.empty()) {
        ES_ASSIGN(scope.sites, parseSites(options.sites));
    }
    if (!options.layers.empty()) {
        ES_ASSIGN(scope.layers, parseLayers(options.layers));
    }
    for (const std::string& text : options.chose) {
        ES_ASSIGN(scope.choseAny.emplace_back(), parseExperts(text, "--chose"));
    }
    for (const std::string& text : options.spared) {
        ES_ASSIGN(scope.sparedAny.emplace_back(), parseExperts(text, "--spared"));
    }
    for (const std::string& text : options.having) {
        ES_ASSIGN(scope.values.emplace_back(), parseValueCondition(text, "--having"));
    }
    scope.skipFirst = options.skipFirst;
    if (options.sample == 1)
        return fail("a sample of one sequence says nothing of the others", "--sample", "2 or more");
    scope.sample = options.sample;
    if (!options.phase.empty()) {
        const auto phase = parsePhase(options.phase);
        if (!phase)
            return fail("'" + options.phase + "' " + phase.error().what, "--phase", phase.error().hint);
        scope.phase = *phase;
    }
    return scope;
}

std::string phaseText(Phase phase)
{
    const auto found = std::ranges::find(kPhases, phase, &NamedPhase::phase);
    return found == std::end(kPhases) ? std::string() : found->name;
}

Expected<Phase> parsePhase(const std::string& text)
{
    if (text.empty())
        return Phase::All;
    if (const NamedPhase* const phase = named(kPhases, text))
        return phase->phase;
    return fail("is none of " + namesOf(kPhases), {}, didYouMean(text, nameList(kPhases)));
}

NamedTexts describe(const Scope& scope)
{
    NamedTexts pairs{{"where", joined(conditionsOf(scope), " ")}};
    // What few scopes have is told only of those.
    const auto experts = [&](const char* name, const std::vector<std::string>& list) {
        if (!list.empty())
            pairs.emplace_back(name, joined(list, " "));
    };
    experts("chose", expertTexts(scope.chose, scope.choseAny));
    experts("spared", expertTexts(scope.spared, scope.sparedAny));
    if (!scope.values.empty())
        pairs.emplace_back("having", joined(valueConditionTexts(scope.values), " "));
    if (scope.tokens)
        pairs.emplace_back("tokens",
            std::to_string(scope.tokens->begin.value) + ":" + std::to_string(scope.tokens->end.value));
    pairs.emplace_back("sites", sitesText(scope.sites));
    if (!scope.layers.empty())
        pairs.emplace_back("layers", numbersText(scope.layers));
    pairs.emplace_back("skip_first", std::to_string(scope.skipFirst));
    if (scope.phase != Phase::All)
        pairs.emplace_back("phase", phaseText(scope.phase));
    if (scope.sample > 0)
        pairs.emplace_back("sample", std::to_string(scope.sample));
    return pairs;
}

Expected<Shard> parseShard(const std::string& text)
{
    unsigned number = 0, count = 0;
    const char* const end = text.data() + text.size();
    const auto first = std::from_chars(text.data(), end, number);
    const bool slash = first.ec == std::errc() && first.ptr != end && *first.ptr == '/';
    const auto second = slash ? std::from_chars(first.ptr + 1, end, count) : first;
    if (!slash || second.ec != std::errc() || second.ptr != end || number < 1 || number > count || count > 65536)
        return fail("'" + text + "' is no part of a trace", "--shard", "1/16 is the first of 16 parts, 16/16 the last");
    return Shard{number - 1, count};
}

Expected<CheckedRequest> checkOptions(const AnalysisOptions& options, std::size_t numTraces, bool sharded)
{
    CheckedRequest checked;
    std::vector<MetricRequest> metrics;
    const auto add = [&](MetricRequest metric) {
        if (std::ranges::none_of(metrics, [&](const MetricRequest& other) { return same(other, metric); }))
            metrics.push_back(std::move(metric));
    };
    std::set<std::string> explicitly; // named one by one
    for (const std::string& text : options.metrics) {
        if (text == "all") {
            for (MetricRequest& metric : standardMetrics(numTraces, true))
                add(std::move(metric));
            continue;
        }
        ES_ASSIGN(MetricRequest metric, parseMetric(text));
        explicitly.insert(metric.name);
        add(std::move(metric));
    }
    checked.named = !explicitly.empty() && std::ranges::find(options.metrics, "all") == options.metrics.end();
    if (options.metrics.empty())
        metrics = standardMetrics(numTraces, false);
    for (MetricRequest& metric : metrics) {
        const MetricSpec& spec = *named(metricRegistry(), metric.name);
        if (sharded && (spec.twoPasses || spec.minTraces > 1)) {
            if (explicitly.contains(spec.name))
                return fail("metric '" + spec.name + "' cannot be computed in parts: it "
                        + (spec.twoPasses ? "goes over the trace twice" : "compares traces"),
                    kOption, "compute it without --shard");
            checked.leftOut.push_back(spec.name);
            continue;
        }
        if (spec.minTraces > 1 && numTraces > 1)
            checked.series.push_back(std::move(metric));
        else
            checked.question.metrics.push_back(std::move(metric));
    }
    ES_ASSIGN(checked.question.scope, checkSelection(options));
    if (options.bootstrap > kMostReplicates || options.bootstrap == 1)
        return fail(std::to_string(options.bootstrap) + " replicates", "--bootstrap",
            "from 2 to " + std::to_string(kMostReplicates) + ", 1000 is usual");
    if (options.exact && options.sample > 0)
        return fail("all sequences or a sample of them, not both", "--exact", "leave out --sample");
    checked.exact = options.exact || options.sample > 0;
    checked.question.by = options.by;
    checked.question.bootstrap = options.bootstrap;
    return checked;
}

AnalysisOptions asOptions(const CheckedRequest& checked)
{
    const auto& [metrics, scope, by, bootstrap, simulateUniform] = checked.question;
    AnalysisOptions options;
    for (const MetricRequest& metric : metrics)
        options.metrics.push_back(metricText(metric));
    options.where = conditionsOf(scope);
    options.sites = sitesText(scope.sites);
    options.layers = numbersText(scope.layers);
    options.skipFirst = scope.skipFirst;
    options.phase = phaseText(scope.phase);
    options.sample = scope.sample;
    options.chose = expertTexts(scope.chose, scope.choseAny);
    options.spared = expertTexts(scope.spared, scope.sparedAny);
    options.having = valueConditionTexts(scope.values);
    options.by = by;
    options.bootstrap = bootstrap;
    return options;
}

NamedTexts describe(const CheckedRequest& checked)
{
    std::string metrics;
    for (const auto* list : {&checked.question.metrics, &checked.series}) {
        for (const MetricRequest& metric : *list)
            addPart(metrics, metricText(metric), " ");
    }
    NamedTexts pairs{{"metrics", metrics}, {"by", checked.question.by}};
    std::ranges::move(describe(checked.question.scope), std::back_inserter(pairs));
    pairs.emplace_back("bootstrap", std::to_string(checked.question.bootstrap));
    return pairs;
}

}
