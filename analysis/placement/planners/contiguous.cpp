// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/placement/planner.h"

namespace expertscope::placement {

Planner contiguousPlanner()
{
    return {"contiguous", "slot i holds expert i mod E: what engines start with", "vLLM, SGLang (initial layout)", {},
        [](const LearnedCounts& counts, const PlanRequest& request) -> Expected<Placement> {
            ES_TRY(checkRequest(counts, request, {}));
            std::vector<SitePlacement> sites;
            for (const SiteCounts& site : counts.sites) {
                SitePlacement plan{site.site, site.layer, site.numExperts, {}};
                for (std::uint32_t slot = 0; slot < site.numExperts + request.replicas; ++slot)
                    plan.expertOfSlot.push_back(static_cast<std::uint16_t>(slot % site.numExperts));
                sites.push_back(std::move(plan));
            }
            return Placement::create(request.cluster, std::move(sites));
        }};
}

}
