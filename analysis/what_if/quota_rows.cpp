// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/what_if/quota_rows.h"

#include "analysis/what_if/contract_text.h"

#include <algorithm>
#include <numeric>

namespace expertscope {

using namespace simulation;

Expected<std::vector<QuotaCurve>> simulateQuotas(const EventSet& events, const Contract& contract,
    const std::vector<PolicyRequest>& policies, const std::vector<std::uint32_t>& capacities, unsigned threads,
    const std::function<bool(double)>& progress)
{
    if (events.pools.size() < 2)
        return fail(
            "slots cannot be divided: there is one pool", "--quotas", "leave out --scope, or name several groups");
    std::uint32_t largest = 0;
    for (const EventStream& pool : events.pools)
        largest = std::max(largest, pool.numObjects());
    std::vector<std::uint32_t> all(largest);
    std::iota(all.begin(), all.end(), 1u);
    ES_ASSIGN(const auto results, simulateCaches(events, contract, policies, all, threads, progress));
    std::vector<QuotaCurve> curves;
    for (const PolicyResult& result : results) {
        QuotaCurve curve{result.request, {}, 0};
        for (const PoolCurve& pool : result.pools)
            curve.requests += pool.total(0).requests;
        for (const std::uint32_t capacity : capacities) {
            ES_ASSIGN(auto quotas, optimalQuotas(result.pools, std::uint64_t(capacity) * result.pools.size()));
            curve.best.push_back(std::move(quotas));
        }
        curves.push_back(std::move(curve));
    }
    return curves;
}

std::vector<ResultRow> quotaRows(const EventSet& events, const std::vector<QuotaCurve>& curves,
    const std::vector<std::uint32_t>& capacities, const std::map<std::string, ParameterValue>& params)
{
    std::vector<ResultRow> rows;
    for (const QuotaCurve& curve : curves) {
        for (std::size_t c = 0; c < capacities.size(); ++c) {
            ResultRow row;
            row.params = params;
            row.params["policy"] = policyText(curve.policy);
            row.params["capacity"] = double(capacities[c]);
            row.metric = "cache.quota_hit_rate";
            row.n = curve.requests;
            if (curve.requests)
                row.value = 1 - double(curve.best[c].misses) / double(curve.requests);
            else
                row.undefined = "nothing was asked for";
            rows.push_back(row);
            row.metric = "cache.quota";
            row.unit = "experts";
            row.undefined.clear();
            for (std::size_t p = 0; p < events.pools.size(); ++p) {
                row.site = events.pools[p].sites.front();
                row.n = events.pools[p].objects.size();
                row.value = double(curve.best[c].capacities[p]);
                row.other.clear();
                if (events.pools[p].sites.size() > 1)
                    row.other["sites"] = std::to_string(events.pools[p].sites.size());
                rows.push_back(row);
            }
        }
    }
    return rows;
}

}
