// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/accumulator.h"

// One line a metric: `MetricSpec NAMEMetric();` is defined in analysis/metrics.
#define EXPERTSCOPE_METRICS(METRIC) \
    /* load and its balance */ \
    METRIC(load) \
    METRIC(balance) \
    /* what the router's scores say */ \
    METRIC(routerEntropy) \
    METRIC(topKMass) \
    METRIC(margin) \
    /* consistency from token to token */ \
    METRIC(repetition) \
    /* pairs of experts and of sites */ \
    METRIC(coactivation) \
    METRIC(coactivationAdjacent) \
    METRIC(affinity) \
    METRIC(mutualInformation) \
    METRIC(fanOut) \
    METRIC(predict) \
    /* specialisation */ \
    METRIC(specialisation) \
    /* importance */ \
    /* several traces */

namespace expertscope {

#define DECLARE(NAME) MetricSpec NAME##Metric();
EXPERTSCOPE_METRICS(DECLARE)
#undef DECLARE

const std::vector<MetricSpec>& metricRegistry()
{
#define LIST(NAME) NAME##Metric(),
    static const std::vector<MetricSpec> metrics{EXPERTSCOPE_METRICS(LIST)};
#undef LIST
    return metrics;
}

}
