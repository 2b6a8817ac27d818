// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/base/named.h"
#include "views/charts/chart.h"
#include "views/charts/kinds/difference.h"
#include "views/charts/kinds/multiples.h"

// One line a chart: `ChartSpec NAMEChart();` is defined in NAME.cpp. MAP: one that also draws the difference of two
// traces.
#define EXPERTSCOPE_CHARTS(CHART, MAP)                                                                                 \
    MAP(load)                                                                                                          \
    CHART(balance)                                                                                                     \
    MAP(loadByLabel)                                                                                                   \
    CHART(specialisation)                                                                                              \
    CHART(divergence)                                                                                                  \
    MAP(labelDivergence)                                                                                               \
    MAP(riskDifference)                                                                                                \
    CHART(signature)                                                                                                   \
    CHART(domainCv)                                                                                                    \
    CHART(vocabulary)                                                                                                  \
    CHART(repetition)                                                                                                  \
    CHART(locality)                                                                                                    \
    CHART(lifetime)                                                                                                    \
    CHART(hotSet)                                                                                                      \
    CHART(srp)                                                                                                         \
    CHART(sch)                                                                                                         \
    MAP(coactivation)                                                                                                  \
    MAP(cofire)                                                                                                        \
    MAP(affinity)                                                                                                      \
    CHART(flow)                                                                                                        \
    CHART(path)                                                                                                        \
    MAP(mutualInformation)                                                                                             \
    CHART(predict)                                                                                                     \
    CHART(fanOut)                                                                                                      \
    CHART(sharpness)                                                                                                   \
    CHART(auxLoss)                                                                                                     \
    CHART(position)                                                                                                    \
    CHART(expertsPerToken)                                                                                             \
    CHART(drop)                                                                                                        \
    MAP(importance)                                                                                                    \
    MAP(expertSimilarity)                                                                                              \
    CHART(training)                                                                                                    \
    CHART(expertLife)                                                                                                  \
    CHART(tokens)                                                                                                      \
    CHART(timeline)                                                                                                    \
    CHART(cacheCurves)                                                                                                 \
    MAP(cacheMap)                                                                                                      \
    MAP(cacheResidency)                                                                                                \
    CHART(cacheTimeline)                                                                                               \
    CHART(cacheTime)                                                                                                   \
    CHART(cachePhases)                                                                                                 \
    CHART(prefetch)                                                                                                    \
    MAP(predictability)                                                                                                \
    CHART(reroute)                                                                                                     \
    CHART(fewerExperts)                                                                                                \
    MAP(placement)

namespace expertscope {

#define DECLARE(NAME) ChartSpec NAME##Chart();
EXPERTSCOPE_CHARTS(DECLARE, DECLARE)
#undef DECLARE

const std::vector<ChartSpec>& chartRegistry()
{
#define LIST(NAME) withMultiples(NAME##Chart()),
#define LIST_MAP(NAME) withMultiples(withDifference(NAME##Chart())),
    static const std::vector<ChartSpec> charts{EXPERTSCOPE_CHARTS(LIST, LIST_MAP)};
#undef LIST_MAP
#undef LIST
    return charts;
}

std::vector<MetricRequest> metricsOfCharts(std::vector<MetricRequest> requests)
{
    for (const ChartSpec& chart : chartRegistry()) {
        const auto options = checkOptions(chart, {});
        if (!options || !chart.metrics)
            continue;
        for (MetricRequest& metric : chart.metrics(*options)) {
            if (std::ranges::find(requests, metric) == requests.end())
                requests.push_back(std::move(metric));
        }
    }
    return requests;
}

Expected<const ChartSpec*> findChart(const std::string& name)
{
    if (const ChartSpec* const found = named(chartRegistry(), name))
        return found;
    return fail("no such chart", name, nameHint(chartRegistry(), name, "there is: "));
}

Expected<Parameters> checkOptions(const ChartSpec& spec, const std::map<std::string, std::string>& given)
{
    std::vector<ParameterSpec> options(spec.options.begin(), spec.options.end());
    ES_ASSIGN(Parameters params, Parameters::check(options, given));
    for (const ChartOption& option : spec.options) {
        if (option.kind == ParameterSpec::Kind::Choices && !option.list && params.choices(option.name).size() > 1)
            return fail("parameter '" + option.name + "': one word, not '" + params.text(option.name) + "'");
    }
    return params;
}

}
