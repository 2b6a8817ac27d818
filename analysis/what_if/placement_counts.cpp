// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/what_if/placement_counts.h"

#include "analysis/placement/held_out.h"
#include "analysis/placement/registry.h"

#include <algorithm>

namespace expertscope {

using namespace placement;

Expected<PlacementCountsPtr> countPlacement(
    const Study& study, std::size_t trace, const Scope& scope, const Progress& progress)
{
    const NamedTrace& of = study.traces()[trace];
    auto counted = [&]() -> Expected<PlacementCountsPtr> {
        if (scope.splitsSequences())
            return fail("plans are scored on whole sequences: tokens cannot be picked by expert, value or place", {},
                "choose sequences by their labels");
        ES_ASSIGN(PassOptions selection, study.passOf(trace, scope, progress));
        if (selection.sites.empty())
            selection.sites = expertSites(of.source->shape());
        ES_ASSIGN(HeldOutSplit split, HeldOutSplit::create(*of.source, selection));
        auto counts = std::make_shared<PlacementCounts>();
        PassOptions part = split.learning();
        part.progress = partOf(progress, 0, 0.5);
        ES_ASSIGN(counts->learned, learn(split, {}, part));
        part = split.scoring();
        part.progress = partOf(progress, 0.5, 1);
        ES_ASSIGN(counts->scored, learn(split, {}, part));
        return counts;
    }();
    if (!counted)
        return tl::unexpected(inFile(std::move(counted).error(), of.path));
    return counted;
}

bool plansByLoads(const std::string& planner)
{
    const auto found = findPlanner(planner);
    return found && !(*found)->needs.together && !(*found)->needs.next;
}

Expected<CountedLoads> loadsByCounts(const PlacementCounts& counts, const PlacementQuestion& question)
{
    if (question.compare.planners.size() != 1 || !plansByLoads(question.compare.planners.front()))
        return fail("loads alone do not make such a plan", question.asked.planners);
    ES_ASSIGN(const Planner* const planner, findPlanner(question.compare.planners.front()));
    ES_TRY(checkRequest(counts.learned, question.compare.plan, planner->needs));
    ES_ASSIGN(const Placement plan, planner->make(counts.learned, question.compare.plan));
    CountedLoads result;
    const std::uint32_t gpus = plan.cluster().gpus;
    double sum = 0;
    std::size_t asked = 0;
    for (std::size_t i = 0; i < plan.sites().size(); ++i) {
        const SiteCounts& site = counts.scored.sites[i];
        result.sites.push_back(site.site);
        result.exact &= !plan.replicates(i);
        std::vector<double>& loads = result.loads.emplace_back(gpus, 0.0);
        double choices = 0;
        for (std::uint16_t e = 0; e < site.numExperts; ++e) {
            const auto copies = plan.gpusOf(i, ExpertIndex(e));
            choices += double(site.load[e]);
            for (const std::uint16_t gpu : copies)
                loads[gpu] += double(site.load[e]) / double(copies.size());
        }
        if (choices == 0)
            continue;
        sum += std::ranges::max(loads) * gpus / choices;
        ++asked;
    }
    result.maxOverMean = asked ? sum / double(asked) : 0;
    return result;
}

}
