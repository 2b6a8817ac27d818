// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/placement/planner.h"

namespace expertscope::placement {

Expected<void> checkRequest(const LearnedCounts& counts, const PlanRequest& request, const LearnOptions& needs)
{
    ES_TRY(checkCluster(request.cluster));
    if (counts.sites.empty())
        return fail("a plan without sites");
    if (request.groups < 1)
        return fail("0 expert groups");
    if (!(request.loadCap >= 1) || !(request.loadWeight >= 0) || !(request.fanOutWeight >= 0)
        || !(request.crossWeight >= 0))
        return fail("a load cap below 1, or a negative weight");
    for (std::size_t i = 0; i < counts.sites.size(); ++i) {
        const SiteCounts& site = counts.sites[i];
        const std::string where = "site " + std::to_string(site.site.value);
        if (request.replicas >= 65535u || site.numExperts + request.replicas >= 65535u)
            return fail(std::to_string(request.replicas) + " replicas: too many", where);
        if ((needs.together && site.together.empty() && site.numExperts > 0)
            || (needs.next && i + 1 < counts.sites.size() && site.next.empty()))
            return fail("the planner needs counts of pairs that were not learnt", where);
    }
    return {};
}

}
