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
        list.push_back({{"name", spec.name}, {"definition", spec.definition}, {"source", spec.source},
            {"params", spec.params}, {"needs", needsOf(spec)}});
        if (json)
            continue;
        std::printf("%s\n  %s\n  source: %s\n  needs:  %s\n", spec.name.c_str(), spec.definition.c_str(),
            spec.source.c_str(), needsOf(spec).c_str());
        for (const auto& [name, value] : spec.params)
            std::printf("  param:  %s = %g\n", name.c_str(), value);
    }
    if (json)
        std::printf("%s\n", list.dump(1).c_str());
    return std::fflush(stdout) == 0 ? 0 : 1;
}

}
