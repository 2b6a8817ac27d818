// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/study/question_text.h"

#include "analysis/metrics/registry.h"
#include "io/base/named.h"

namespace expertscope {

std::string questionText(const MetricQuestion& question, const std::vector<std::string>& series)
{
    std::string key = question.simulateUniform ? "" : "-";
    for (const std::string& part : {keyText(question.scope), question.by, std::to_string(question.bootstrap)})
        addKey(key, part);
    for (const std::string& name : series)
        addKey(key, name);
    return key;
}

std::string requestText(const MetricRequest& metric)
{
    const MetricSpec* spec = named(metricRegistry(), metric.name);
    const auto params = spec ? Parameters::check(spec->params, metric.params) : fail("unknown metric");
    if (!params)
        return {};
    std::string key;
    addKey(key, metric.name);
    for (const auto& [name, value] : params->all()) {
        addKey(key, name);
        addKey(key, value);
    }
    return key;
}

}
