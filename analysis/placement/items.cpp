// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/placement/items.h"

#include <algorithm>
#include <numeric>

namespace expertscope::placement {

std::vector<std::uint16_t> replicate(std::span<const float> load, std::size_t numCopies)
{
    std::vector<std::uint16_t> expert(load.size());
    std::iota(expert.begin(), expert.end(), std::uint16_t(0));
    std::vector<float> each(load.begin(), load.end());
    std::vector<std::uint32_t> copies(load.size(), 1);
    while (expert.size() < numCopies) {
        const auto heaviest = static_cast<std::size_t>(std::ranges::max_element(each) - each.begin());
        expert.push_back(static_cast<std::uint16_t>(heaviest));
        each[heaviest] = load[heaviest] / static_cast<float>(++copies[heaviest]);
    }
    return expert;
}

SiteItems makeItems(const SiteCounts& counts, const Cluster& cluster, std::uint32_t replicas)
{
    SiteItems items;
    const std::vector<float> load(counts.load.begin(), counts.load.end());
    items.expert = replicate(load, counts.numExperts + replicas);
    items.copies.resize(counts.numExperts);
    for (const std::uint16_t e : items.expert)
        ++items.copies[e];
    double sum = 0;
    for (const std::uint16_t e : items.expert) {
        items.load.push_back(double(counts.load[e]) / items.copies[e]);
        sum += items.load.back();
    }
    items.meanLoad = sum / cluster.gpus;
    for (std::uint32_t g = 0; g < cluster.gpus; ++g)
        items.room.push_back(
            static_cast<std::uint32_t>(firstSlot(items.size(), cluster, g + 1) - firstSlot(items.size(), cluster, g)));
    return items;
}

SitePlacement placementOf(const SiteCounts& counts, const SiteItems& items, const Assignment& gpuOf)
{
    std::vector<std::size_t> order(items.size());
    std::iota(order.begin(), order.end(), std::size_t(0));
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return std::pair(gpuOf[i], items.expert[i]); });
    SitePlacement site{counts.site, counts.layer, counts.numExperts, {}};
    for (const std::size_t i : order)
        site.expertOfSlot.push_back(items.expert[i]);
    return site;
}

std::vector<double> gpuLoads(const SiteItems& items, const Assignment& gpuOf)
{
    std::vector<double> loads(items.room.size());
    for (std::size_t i = 0; i < items.size(); ++i)
        loads[gpuOf[i]] += items.load[i];
    return loads;
}

Assignment contiguousAssignment(const SiteItems& items)
{
    Assignment gpuOf;
    for (std::uint32_t g = 0; g < items.room.size(); ++g)
        gpuOf.insert(gpuOf.end(), items.room[g], g);
    return gpuOf;
}

}
