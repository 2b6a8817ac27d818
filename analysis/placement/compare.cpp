// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/placement/compare.h"

#include "analysis/placement/held_out.h"
#include "analysis/placement/registry.h"

#include <algorithm>

namespace expertscope::placement {

namespace {

const char* nameOf(Dispatch dispatch)
{
    return dispatch == Dispatch::LocalFirst ? "local_first" : "round_robin";
}

const char* nameOf(Home home)
{
    return home == Home::Sequence ? "sequence" : "token";
}

/// The knobs that made this plan what it is.
std::map<std::string, ParameterValue> paramsOf(
    const std::string& planner, const CompareRequest& request, const Placement& plan, const char* tokens)
{
    const SitePlacement& site = plan.sites().front();
    std::map<std::string, ParameterValue> params{{"planner", planner}, {"gpus", double(plan.cluster().gpus)},
        {"nodes", double(plan.cluster().nodes)}, {"replicas", double(site.expertOfSlot.size()) - site.numExperts},
        {"dispatch", nameOf(request.replay.dispatch)}, {"home", nameOf(request.replay.home)}, {"tokens", tokens}};
    if (planner == "eplb")
        params["groups"] = double(request.plan.groups);
    if (planner == "coactivation")
        params["load_cap"] = request.plan.loadCap;
    if (planner == "joint") {
        params["load_weight"] = request.plan.loadWeight;
        params["fan_out_weight"] = request.plan.fanOutWeight;
        params["cross_weight"] = request.plan.crossWeight;
    }
    return params;
}

Expected<std::vector<const Planner*>> chosenPlanners(const CompareRequest& request)
{
    std::vector<const Planner*> chosen;
    if (request.planners.empty()) {
        for (const Planner& planner : plannerRegistry())
            chosen.push_back(&planner);
    }
    for (const std::string& name : request.planners) {
        ES_ASSIGN(const Planner* planner, findPlanner(name));
        chosen.push_back(planner);
    }
    return chosen;
}

}

Expected<PlannerComparison> comparePlanners(
    BlockSource& source, const CompareRequest& request, const PassOptions& options)
{
    ES_ASSIGN(const auto planners, chosenPlanners(request));
    ES_TRY(checkCluster(request.plan.cluster));
    PassOptions pass = options;
    if (pass.sites.empty())
        pass.sites = expertSites(source.shape());
    if (pass.sites.empty())
        return fail("the trace has no sites that route among experts");
    ES_TRY(checkSizes(request.sizes, pass.sites.size()));
    ES_ASSIGN(auto split, HeldOutSplit::create(source, pass));

    LearnOptions needs{.nextPairs = request.nextPairs};
    for (const Planner* planner : planners) {
        needs.together |= planner->needs.together;
        needs.next |= planner->needs.next;
    }
    ES_ASSIGN(const auto counts, learn(split, needs, split.learning()));
    PlannerComparison comparison{.results = {}, .plans = {}, .scores = {}, .halves = split.cut()};
    for (const Planner* planner : planners) {
        ES_ASSIGN(auto plan, planner->make(counts, request.plan));
        comparison.plans.push_back({planner->name, std::move(plan)});
    }
    comparison.plans.insert(comparison.plans.end(), request.given.begin(), request.given.end());
    ES_ASSIGN(const auto start, plannerRegistry().front().make(counts, request.plan));

    std::vector<Placement> plans;
    for (const NamedPlan& named : comparison.plans)
        plans.push_back(named.plan);
    for (const bool learning : {false, true}) {
        if (learning && !request.scoreLearning)
            continue;
        ES_ASSIGN(auto scores, replay(split, plans, request.replay, learning ? split.learning() : split.scoring()));
        for (std::size_t i = 0; i < plans.size(); ++i) {
            const auto params =
                paramsOf(comparison.plans[i].name, request, plans[i], learning ? "learning" : "held_out");
            auto rows = placementRows(
                source.shape(), plans[i], start, scores[i], request.replay, request.sizes, params, request.perSite);
            std::ranges::move(rows, std::back_inserter(comparison.results.rows));
        }
        if (!learning)
            comparison.scores = std::move(scores);
    }
    return comparison;
}

std::string comparisonContract(const CompareRequest& request, const PlannerComparison& comparison)
{
    const Cluster& cluster = request.plan.cluster;
    std::string text = std::to_string(cluster.gpus) + " GPUs on " + std::to_string(cluster.nodes)
        + (cluster.nodes == 1 ? " node, " : " nodes, ") + std::to_string(request.plan.replicas) + " replicas a site; "
        + (comparison.halves ? "learnt from the first halves of the sequences, scored on the second"
                             : "learnt from every other sequence, scored on the rest");
    text += std::string("; copies ")
        + (request.replay.dispatch == Dispatch::LocalFirst ? "local first, then in turn" : "in turn");
    text += std::string("; tokens live on ")
        + (request.replay.home == Home::Sequence ? "their sequence's GPU" : "GPUs by hash");
    return text;
}

}
