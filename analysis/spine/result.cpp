// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/spine/result.h"

namespace expertscope {

RowKey keyOf(const ResultRow& row)
{
    auto params = row.params;
    params.erase("sites");
    params.erase("sample");
    return {row.metric, std::move(params), row.site ? int(row.site->value) : -1,
        row.expert && !row.extreme ? int(row.expert->value) : -1,
        row.label.value_or(std::pair<std::string, std::string>()),
        row.extreme ? std::map<std::string, std::string>() : row.other};
}

ResultMatrix::Axis expertAxis(std::string name, std::size_t numExperts)
{
    ResultMatrix::Axis axis{std::move(name), {}};
    for (std::size_t e = 0; e < numExperts; ++e)
        axis.keys.push_back(std::to_string(e));
    return axis;
}

}
