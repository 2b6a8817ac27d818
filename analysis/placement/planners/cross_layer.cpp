// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/placement/chain_sweeps.h"
#include "analysis/placement/planner.h"

namespace expertscope::placement {

Planner crossLayerPlanner()
{
    const LearnOptions needs{.next = true};
    return {"cross_layer", "sweeps: each site at best for its neighbours, an exact transportation problem; restarts",
        "ExFlow's and MoETuner's objective; 2508.09229 for the single site", needs,
        [needs](const LearnedCounts& counts, const PlanRequest& request) -> Expected<Placement> {
            ES_TRY(checkRequest(counts, request, needs));
            const std::uint32_t restarts =
                request.restarts ? request.restarts : cheapRestarts(counts, request.cluster, request.replicas);
            const ChainState chain = bestChain(counts, request.cluster, request.replicas, restarts, request.seed);
            std::vector<SitePlacement> sites;
            for (std::size_t i = 0; i < counts.sites.size(); ++i)
                sites.push_back(placementOf(counts.sites[i], chain.items[i], chain.gpuOf[i]));
            return Placement::create(request.cluster, std::move(sites));
        }};
}

}
