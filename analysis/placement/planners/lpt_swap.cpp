// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/placement/packing.h"
#include "analysis/placement/planner.h"

namespace expertscope::placement {

Planner lptSwapPlanner()
{
    return {"lpt_swap", "longest processing time first, then the best swaps against the largest load",
        "Graham 1969; simulation notes 4.1", {},
        [](const LearnedCounts& counts, const PlanRequest& request) -> Expected<Placement> {
            ES_TRY(checkRequest(counts, request, {}));
            std::vector<SitePlacement> sites;
            for (const SiteCounts& site : counts.sites) {
                const SiteItems items = makeItems(site, request.cluster, request.replicas);
                Assignment gpuOf = packByLoad(items);
                lowerLargestLoad(items, gpuOf);
                sites.push_back(placementOf(site, items, gpuOf));
            }
            return Placement::create(request.cluster, std::move(sites));
        }};
}

}
