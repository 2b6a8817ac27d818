// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/per_site.h"

#include <map>
#include <tuple>

namespace expertscope {

void appendSiteMeans(std::vector<ResultRow>& rows)
{
    struct Group
    {
        ResultRow mean;
        double sum = 0, uniform = 0;
        std::size_t defined = 0, withUniform = 0, sites = 0;
    };
    std::vector<Group> groups; // in order of first appearance
    std::map<std::tuple<std::string, std::map<std::string, std::string>>, std::size_t> index;
    for (const ResultRow& row : rows) {
        if (row.expert)
            continue;
        const auto [entry, isNew] = index.try_emplace({row.metric, row.other}, groups.size());
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
    }
    for (Group& group : groups) {
        ResultRow& mean = group.mean;
        mean.site.reset();
        mean.value.reset();
        mean.uniform.reset();
        if (group.defined) {
            mean.undefined.clear();
            mean.value = group.sum / double(group.defined);
            mean.params["sites"] = double(group.defined);
            if (group.withUniform == group.defined)
                mean.uniform = group.uniform / double(group.defined);
        }
        rows.push_back(std::move(mean));
    }
}

}
