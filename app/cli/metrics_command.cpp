// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/analyze_command.h"

#include "analysis/analyse.h"

#include <nlohmann/json.hpp>

#include <cstdio>

namespace expertscope {

namespace {

std::string needsOf(const MetricSpec& spec)
{
    std::string needs = describeNeeds(spec.needs);
    if (needs.empty())
        needs = "expert ids";
    return needs + (spec.needsLabel ? "; a label to compare by (--by)" : "");
}

}

int runMetrics(bool json)
{
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const MetricSpec& spec : metricRegistry()) {
        nlohmann::ordered_json params = nlohmann::ordered_json::array();
        for (const ParameterSpec& param : spec.params)
            params.push_back({{"name", param.name}, {"default", param.standard}, {"meaning", param.meaning}});
        list.push_back({{"name", spec.name}, {"definition", spec.definition}, {"source", spec.source},
            {"params", std::move(params)}, {"needs", needsOf(spec)}});
        if (json)
            continue;
        std::printf("%s\n  %s\n  source: %s\n  needs:  %s\n", spec.name.c_str(), spec.definition.c_str(),
            spec.source.c_str(), needsOf(spec).c_str());
        for (const ParameterSpec& param : spec.params)
            std::printf("  param:  %s=%s  %s\n", param.name.c_str(), param.standard.c_str(), param.meaning.c_str());
    }
    if (json)
        std::printf("%s\n", list.dump(1).c_str());
    return std::fflush(stdout) == 0 ? 0 : 1;
}

}
