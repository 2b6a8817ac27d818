// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/spine/per_site.h"

#include <cmath>
#include <map>

namespace expertscope {

void appendSiteMeans(std::vector<ResultRow>& rows)
{
    struct Group
    {
        ResultRow mean;
        double sum = 0, uniform = 0, variance = 0;
        std::size_t defined = 0, withUniform = 0, withSd = 0, sites = 0;
    };
    std::vector<Group> groups; // in order of first appearance
    std::map<RowKey, std::size_t> index;
    for (const ResultRow& row : rows) {
        if (row.expert)
            continue;
        RowKey key = keyOf(row);
        std::get<2>(key) = -1; // whatever the site
        const auto [entry, isNew] = index.try_emplace(std::move(key), groups.size());
        if (isNew) {
            groups.emplace_back().mean = row;
            groups.back().mean.n = 0;
        }
        Group& group = groups[entry->second];
        ++group.sites;
        if (!row.value)
            continue;
        group.sum += *row.value;
        ++group.defined;
        group.mean.n += row.n;
        if (row.uniform) {
            group.uniform += *row.uniform;
            ++group.withUniform;
        }
        if (row.uniformSd) {
            group.variance += *row.uniformSd * *row.uniformSd; // sites are routed independently
            ++group.withSd;
        }
        if (group.mean.uniformUndefined.empty())
            group.mean.uniformUndefined = row.uniformUndefined;
    }
    for (Group& group : groups) {
        ResultRow& mean = group.mean;
        mean.site.reset();
        mean.value.reset();
        mean.uniform.reset();
        mean.uniformSd.reset();
        if (group.defined) {
            mean.undefined.clear();
            mean.value = group.sum / double(group.defined);
            mean.params["sites"] = double(group.defined);
            if (group.withUniform == group.defined) {
                mean.uniform = group.uniform / double(group.defined);
                mean.uniformUndefined.clear();
            }
            if (group.withSd == group.defined)
                mean.uniformSd = std::sqrt(group.variance) / double(group.defined);
        }
        rows.push_back(std::move(mean));
    }
}

}
