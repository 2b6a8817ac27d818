// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/metrics/registry.h"

#include "io/base/named.h"

// One line a metric: `MetricSpec NAMEMetric();` is defined in analysis/metrics.
#define EXPERTSCOPE_METRICS(METRIC) \
    /* load and its balance */ \
    METRIC(load) \
    METRIC(balance) \
    METRIC(drop) \
    /* what the router's scores say */ \
    METRIC(routerEntropy) \
    METRIC(topKMass) \
    METRIC(margin) \
    METRIC(lossCorrelation) \
    METRIC(auxLoss) \
    METRIC(zLoss) \
    METRIC(effectiveK) \
    /* consistency from token to token */ \
    METRIC(repetition) \
    METRIC(srp) \
    METRIC(sch) \
    METRIC(schCover) \
    METRIC(sequenceCache) \
    METRIC(lifetime) \
    METRIC(distinct) \
    METRIC(hotSet) \
    METRIC(locality) \
    /* pairs of experts and of sites */ \
    METRIC(coactivation) \
    METRIC(coactivationAdjacent) \
    METRIC(cofire) \
    METRIC(affinity) \
    METRIC(flow) \
    METRIC(flowWeights) \
    METRIC(path) \
    METRIC(mutualInformation) \
    METRIC(fanOut) \
    METRIC(predict) \
    /* specialisation */ \
    METRIC(specialisation) \
    METRIC(divergence) \
    METRIC(divergenceIds) \
    METRIC(domainCv) \
    METRIC(vocabulary) \
    METRIC(lexical) \
    METRIC(spread) \
    METRIC(riskDifference) \
    METRIC(batchedDifference) \
    METRIC(stability) \
    METRIC(signature) \
    /* importance */ \
    METRIC(esft) \
    METRIC(committee) \
    METRIC(uoe) \
    METRIC(mcSmoe) \
    METRIC(expertsPerToken) \
    /* several traces */ \
    METRIC(saturation) \
    METRIC(flipRate) \
    METRIC(fluctuation) \
    METRIC(mismatch) \
    METRIC(replay)

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

Expected<const MetricSpec*> findMetric(const std::string& name)
{
    return findNamed(metricRegistry(), name, "metric");
}

}
