// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/placement/planners/eplb.h"
#include "analysis/placement/items.h"
#include "analysis/placement/planner.h"

#include <algorithm>
#include <numeric>

namespace expertscope::placement {

namespace {

/// Items to packs with so much room each: descending weight, each to the lightest pack with room. Returns the items of
/// the packs, pack by pack, each in the order of arrival. Packs of one item take them as they come.
std::vector<std::size_t> pack(std::span<const float> weight, std::span<const std::size_t> room)
{
    std::vector<std::size_t> order(weight.size());
    std::iota(order.begin(), order.end(), std::size_t(0));
    if (std::ranges::all_of(room, [](std::size_t r) { return r == 1; }))
        return order;
    std::ranges::stable_sort(order, std::greater(), [&](std::size_t i) { return weight[i]; });
    std::vector<std::vector<std::size_t>> packs(room.size());
    std::vector<float> sum(room.size());
    for (const std::size_t item : order) {
        std::size_t lightest = room.size();
        for (std::size_t p = 0; p < room.size(); ++p) {
            if (packs[p].size() < room[p] && (lightest == room.size() || sum[p] < sum[lightest]))
                lightest = p;
        }
        packs[lightest].push_back(item);
        sum[lightest] += weight[item];
    }
    std::vector<std::size_t> items;
    for (const auto& members : packs)
        items.insert(items.end(), members.begin(), members.end());
    return items;
}

Expected<Placement> plan(const LearnedCounts& counts, const PlanRequest& request, std::uint32_t groups)
{
    ES_TRY(checkRequest(counts, request, {}));
    std::vector<SitePlacement> sites;
    for (const SiteCounts& site : counts.sites) {
        const std::vector<float> load(site.load.begin(), site.load.end());
        sites.push_back({site.site, site.layer, site.numExperts,
            eplbSlots(load, site.numExperts + request.replicas, groups, request.cluster)});
    }
    return Placement::create(request.cluster, std::move(sites));
}

}

std::vector<std::uint16_t> eplbSlots(
    std::span<const float> load, std::size_t numSlots, std::uint32_t groups, const Cluster& cluster)
{
    const std::size_t E = load.size();
    std::uint32_t nodes = cluster.nodes;
    const bool hierarchical = groups % nodes == 0 && E % groups == 0 && numSlots % cluster.gpus == 0;
    if (!hierarchical)
        groups = nodes = 1;

    // Groups to nodes.
    const std::size_t groupSize = E / groups;
    std::vector<float> groupLoad(groups);
    for (std::size_t e = 0; e < E; ++e)
        groupLoad[e / groupSize] += load[e];
    const auto groupOrder = pack(groupLoad, std::vector<std::size_t>(nodes, groups / nodes));
    std::vector<std::uint16_t> expert; // by node
    for (const std::size_t group : groupOrder) {
        for (std::size_t i = 0; i < groupSize; ++i)
            expert.push_back(static_cast<std::uint16_t>(group * groupSize + i));
    }

    std::vector<std::uint16_t> slots;
    for (std::uint32_t node = 0; node < nodes; ++node) {
        const auto here = std::span(expert).subspan(E / nodes * node, E / nodes);
        std::vector<float> loadHere;
        for (const std::uint16_t e : here)
            loadHere.push_back(load[e]);
        const auto copyOf = replicate(loadHere, numSlots / nodes);
        std::vector<std::uint32_t> copies(here.size());
        for (const std::uint16_t c : copyOf)
            ++copies[c];
        std::vector<float> copyLoad;
        for (const std::uint16_t c : copyOf)
            copyLoad.push_back(loadHere[c] / static_cast<float>(copies[c]));
        std::vector<std::size_t> room;
        for (std::uint32_t g = 0; g < cluster.gpus / nodes; ++g)
            room.push_back(firstSlot(numSlots, cluster, g + 1) - firstSlot(numSlots, cluster, g));
        for (const std::size_t item : pack(copyLoad, room))
            slots.push_back(here[copyOf[item]]);
    }
    return slots;
}

Planner eplbPlanner()
{
    return {"eplb", "copies for the heaviest, then greedy packing; node by node if the nodes divide the groups",
        "DeepSeek EPLB (rebalance_experts)", {},
        [](const LearnedCounts& counts, const PlanRequest& request) { return plan(counts, request, request.groups); }};
}

Planner eplbGlobalPlanner()
{
    return {"eplb_global", "EPLB without groups and nodes", "DeepSeek EPLB (global policy)", {},
        [](const LearnedCounts& counts, const PlanRequest& request) {
            // One node: the slots lie in the same GPUs.
            PlanRequest flat = request;
            flat.cluster.nodes = 1;
            auto made = plan(counts, flat, 1);
            return made ? Placement::create(request.cluster, made->sites()) : made;
        }};
}

}
