// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/placement/packing.h"
#include "analysis/placement/pair_gains.h"
#include "analysis/placement/planner.h"

namespace expertscope::placement {

Planner coactivationPlanner()
{
    const LearnOptions needs{.together = true};
    return {"coactivation", "experts that tokens choose together share a GPU, no GPU above load_cap x the mean load",
        "after Occult, C2R, GRACE-MoE: co-activation as fan-out", needs,
        [needs](const LearnedCounts& counts, const PlanRequest& request) -> Expected<Placement> {
            ES_TRY(checkRequest(counts, request, needs));
            std::vector<SitePlacement> sites;
            for (const SiteCounts& site : counts.sites) {
                const SiteItems items = makeItems(site, request.cluster, request.replicas);
                SwapProblem problem{.items = &items, .cluster = request.cluster, .loadCap = request.loadCap};
                problem.pair = pairGains(site, items);
                Assignment gpuOf = packByLoad(items);
                lowerLargestLoad(items, gpuOf);
                descend(problem, gpuOf);
                sites.push_back(placementOf(site, items, gpuOf));
            }
            return Placement::create(request.cluster, std::move(sites));
        }};
}

}
