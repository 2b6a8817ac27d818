// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/metrics.h"

namespace expertscope {

const std::vector<MetricSpec>& metricRegistry()
{
    static const std::vector<MetricSpec> metrics{
        loadMetric(),
        balanceMetric(),
        routerEntropyMetric(),
        topKMassMetric(),
        marginMetric(),
        specialisationMetric(),
        repetitionMetric(),
    };
    return metrics;
}

}
