// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/placement/packing.h"

#include <algorithm>
#include <numeric>

namespace expertscope::placement {

namespace {

/// Which GPU has how many copies of which expert.
class CopyTable
{
public:
    explicit CopyTable(const SiteItems& items)
        : m_gpus(items.room.size())
        , m_count(items.copies.size() * m_gpus)
    {
    }
    std::uint16_t& at(std::uint16_t expert, std::uint32_t gpu) { return m_count[expert * m_gpus + gpu]; }

private:
    std::size_t m_gpus;
    std::vector<std::uint16_t> m_count;
};

}

Assignment packByLoad(const SiteItems& items)
{
    std::vector<std::size_t> order(items.size());
    std::iota(order.begin(), order.end(), std::size_t(0));
    std::ranges::stable_sort(order, std::greater(), [&](std::size_t i) { return items.load[i]; });
    const std::size_t G = items.room.size();
    std::vector<double> load(G);
    std::vector<std::uint32_t> held(G);
    CopyTable copies(items);
    Assignment gpuOf(items.size());
    for (const std::size_t item : order) {
        const std::uint16_t expert = items.expert[item];
        std::size_t best = G, bestAnyhow = G;
        for (std::uint32_t g = 0; g < G; ++g) {
            if (held[g] == items.room[g])
                continue;
            if (bestAnyhow == G || load[g] < load[bestAnyhow])
                bestAnyhow = g;
            if (copies.at(expert, g) == 0 && (best == G || load[g] < load[best]))
                best = g;
        }
        const auto to = static_cast<std::uint32_t>(best < G ? best : bestAnyhow);
        gpuOf[item] = to;
        load[to] += items.load[item];
        ++held[to];
        ++copies.at(expert, to);
    }
    return gpuOf;
}

void lowerLargestLoad(const SiteItems& items, Assignment& gpuOf)
{
    const std::size_t n = items.size();
    std::vector<double> load = gpuLoads(items, gpuOf);
    CopyTable copies(items);
    for (std::size_t i = 0; i < n; ++i)
        ++copies.at(items.expert[i], gpuOf[i]);
    for (;;) {
        const auto full = static_cast<std::uint32_t>(std::ranges::max_element(load) - load.begin());
        // A swap with a gain below this is rounding, and might be undone for ever.
        double best = load[full] - 1e-12 * (items.meanLoad + 1);
        std::size_t give = n, take = n;
        for (std::size_t i = 0; i < n; ++i) {
            if (gpuOf[i] != full)
                continue;
            for (std::size_t j = 0; j < n; ++j) {
                const std::uint32_t g = gpuOf[j];
                const double less = items.load[i] - items.load[j];
                if (g == full || less <= 0)
                    continue;
                const double larger = std::max(load[full] - less, load[g] + less);
                const std::uint16_t a = items.expert[i], b = items.expert[j];
                if (larger < best && copies.at(a, g) == 0 && copies.at(b, full) == 0) {
                    best = larger;
                    give = i;
                    take = j;
                }
            }
        }
        if (give == n)
            return;
        const std::uint32_t g = gpuOf[take];
        const double less = items.load[give] - items.load[take];
        load[full] -= less;
        load[g] += less;
        --copies.at(items.expert[give], full);
        ++copies.at(items.expert[give], g);
        --copies.at(items.expert[take], g);
        ++copies.at(items.expert[take], full);
        std::swap(gpuOf[give], gpuOf[take]);
    }
}

}
