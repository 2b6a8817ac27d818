// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/placement/pair_gains.h"

#include <numeric>

namespace expertscope::placement {

namespace {

double totalOf(std::span<const std::uint32_t> counts)
{
    return double(std::accumulate(counts.begin(), counts.end(), std::uint64_t(0)));
}

/// [E, G] copies of each expert on each GPU as a share of its copies, plus those on its node if there are several.
std::vector<double> nearness(const SiteItems& items, const Assignment& gpuOf, const Cluster& cluster)
{
    const std::uint32_t each = cluster.gpusPerNode();
    std::vector<double> near(items.copies.size() * cluster.gpus);
    for (std::size_t j = 0; j < items.size(); ++j) {
        double* row = near.data() + std::size_t(items.expert[j]) * cluster.gpus;
        row[gpuOf[j]] += items.share(j);
        for (std::uint32_t k = 0; k < each && cluster.nodes > 1; ++k)
            row[gpuOf[j] / each * each + k] += items.share(j);
    }
    return near;
}

}

std::vector<double> pairGains(const SiteCounts& site, const SiteItems& items)
{
    const std::size_t n = items.size(), E = site.numExperts;
    const double all = totalOf(site.together) / 2; // each pair stands there twice
    std::vector<double> gains(n * n);
    for (std::size_t i = 0; i < n && all > 0; ++i) {
        for (std::size_t j = 0; j < n; ++j)
            gains[i * n + j] =
                site.together[items.expert[i] * E + items.expert[j]] * items.share(i) * items.share(j) / all;
    }
    return gains;
}

std::vector<double> neighbourGains(const LearnedCounts& counts, const ChainState& chain, std::size_t i,
    const Cluster& cluster, double weight, Neighbours neighbours)
{
    const SiteItems& items = chain.items[i];
    const std::size_t G = cluster.gpus, E = items.copies.size();
    std::vector<double> ofExpert(E * G);
    const auto add = [&](std::size_t e, std::uint32_t pairs, const double* near) {
        if (pairs == 0)
            return;
        double* sums = ofExpert.data() + e * G;
        for (std::size_t g = 0; g < G; ++g)
            sums[g] += pairs * near[g];
    };
    if (neighbours == Neighbours::Both && i + 1 < counts.sites.size()) {
        const auto near = nearness(chain.items[i + 1], chain.gpuOf[i + 1], cluster);
        const std::size_t F = chain.items[i + 1].copies.size();
        for (std::size_t e = 0; e < E; ++e) {
            for (std::size_t f = 0; f < F; ++f)
                add(e, counts.sites[i].next[e * F + f], near.data() + f * G);
        }
    }
    if (i > 0) {
        const auto near = nearness(chain.items[i - 1], chain.gpuOf[i - 1], cluster);
        const std::size_t F = chain.items[i - 1].copies.size();
        for (std::size_t f = 0; f < F; ++f) {
            for (std::size_t e = 0; e < E; ++e)
                add(e, counts.sites[i - 1].next[f * E + e], near.data() + f * G);
        }
    }
    std::vector<double> gains(items.size() * G);
    for (std::size_t j = 0; j < items.size(); ++j) {
        for (std::size_t g = 0; g < G; ++g)
            gains[j * G + g] = weight * items.share(j) * ofExpert[items.expert[j] * G + g];
    }
    return gains;
}

double countedPairs(const LearnedCounts& counts)
{
    double pairs = 0;
    for (const SiteCounts& site : counts.sites)
        pairs += totalOf(site.next);
    return pairs;
}

double apartShare(const LearnedCounts& counts, const ChainState& chain, const Cluster& cluster)
{
    double met = 0;
    for (std::size_t i = 0; i + 1 < counts.sites.size(); ++i) {
        const auto near = nearness(chain.items[i + 1], chain.gpuOf[i + 1], cluster);
        const std::size_t F = chain.items[i + 1].copies.size();
        for (std::size_t j = 0; j < chain.items[i].size(); ++j) {
            const std::size_t e = chain.items[i].expert[j];
            for (std::size_t f = 0; f < F; ++f)
                met += counts.sites[i].next[e * F + f] * near[f * cluster.gpus + chain.gpuOf[i][j]]
                    * chain.items[i].share(j);
        }
    }
    const double pairs = countedPairs(counts);
    return pairs > 0 ? (cluster.nodes > 1 ? 2 : 1) - met / pairs : 0;
}

}
