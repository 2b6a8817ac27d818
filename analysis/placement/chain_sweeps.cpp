// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/placement/chain_sweeps.h"

#include "io/base/splitmix.h"
#include "analysis/placement/transport.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace expertscope::placement {

namespace {

/// Gains are shares of all pairs: 2^46 leaves room for any sum of them, and steps far below one pair.
constexpr double kScale = 0x1p46;

std::int64_t sumOf(std::span<const std::int64_t> cost, const Assignment& gpuOf, std::size_t gpus)
{
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < gpuOf.size(); ++i)
        sum += cost[i * gpus + gpuOf[i]];
    return sum;
}

/// Swaps the second copy of an expert on a GPU with the item elsewhere that makes it cheapest.
void separateCopies(const SiteItems& items, std::span<const std::int64_t> cost, std::size_t gpus, Assignment& gpuOf)
{
    const std::size_t n = items.size(), E = items.copies.size();
    if (n == E)
        return;
    std::vector<std::uint16_t> held(E * gpus);
    for (std::size_t i = 0; i < n; ++i)
        ++held[items.expert[i] * gpus + gpuOf[i]];
    for (std::size_t i = E; i < n; ++i) { // the further copies
        const std::uint32_t g = gpuOf[i];
        if (held[items.expert[i] * gpus + g] < 2)
            continue;
        std::size_t with = n;
        std::int64_t least = 0;
        for (std::size_t j = 0; j < n; ++j) {
            const std::uint32_t h = gpuOf[j];
            if (h == g || held[items.expert[i] * gpus + h] > 0 || held[items.expert[j] * gpus + g] > 0)
                continue;
            const std::int64_t more = cost[i * gpus + h] - cost[i * gpus + g] + cost[j * gpus + g] - cost[j * gpus + h];
            if (with == n || more < least) {
                with = j;
                least = more;
            }
        }
        if (with == n)
            continue;
        const std::uint32_t h = gpuOf[with];
        --held[items.expert[i] * gpus + g];
        ++held[items.expert[i] * gpus + h];
        --held[items.expert[with] * gpus + h];
        ++held[items.expert[with] * gpus + g];
        std::swap(gpuOf[i], gpuOf[with]);
    }
}

/// What site i costs on each GPU: [n, G].
std::vector<std::int64_t> costsOf(const LearnedCounts& counts, const ChainState& chain, std::size_t i,
    const Cluster& cluster, double weight, Neighbours neighbours)
{
    const auto gains = neighbourGains(counts, chain, i, cluster, weight, neighbours);
    std::vector<std::int64_t> cost(gains.size());
    std::ranges::transform(gains, cost.begin(), [](double gain) { return -std::llround(gain); });
    return cost;
}

/// Each site after the first at best for the one before.
void followFirst(const LearnedCounts& counts, const Cluster& cluster, ChainState& chain)
{
    const double pairs = countedPairs(counts);
    for (std::size_t i = 1; i < counts.sites.size() && pairs > 0; ++i) {
        const auto cost = costsOf(counts, chain, i, cluster, kScale / pairs, Neighbours::Before);
        chain.gpuOf[i] = solveTransport(cost, chain.items[i].room);
        separateCopies(chain.items[i], cost, cluster.gpus, chain.gpuOf[i]);
    }
}

void shuffleSite(const SiteItems& items, std::size_t gpus, Assignment& gpuOf, std::uint64_t& state)
{
    for (std::size_t i = gpuOf.size(); i-- > 1;) {
        state = splitmix64(state);
        std::swap(gpuOf[i], gpuOf[state % (i + 1)]);
    }
    separateCopies(items, std::vector<std::int64_t>(items.size() * gpus), gpus, gpuOf);
}

}

void sweepChain(const LearnedCounts& counts, const Cluster& cluster, ChainState& chain)
{
    const std::size_t M = counts.sites.size(), G = cluster.gpus;
    const double pairs = countedPairs(counts);
    if (M < 2 || pairs <= 0)
        return;
    const auto improve = [&](std::size_t i) {
        const auto cost = costsOf(counts, chain, i, cluster, kScale / pairs, Neighbours::Both);
        Assignment gpuOf = solveTransport(cost, chain.items[i].room);
        separateCopies(chain.items[i], cost, G, gpuOf);
        // Less than n units are rounding, and might be undone for ever.
        if (sumOf(cost, gpuOf, G) + std::int64_t(gpuOf.size()) >= sumOf(cost, chain.gpuOf[i], G))
            return false;
        chain.gpuOf[i] = std::move(gpuOf);
        return true;
    };
    // A site needs another look only after a neighbour has changed.
    std::vector<char> stale(M, 1);
    const auto visit = [&](std::size_t i) {
        if (!std::exchange(stale[i], 0) || !improve(i))
            return;
        if (i > 0)
            stale[i - 1] = 1;
        if (i + 1 < M)
            stale[i + 1] = 1;
    };
    while (std::ranges::find(stale, 1) != stale.end()) {
        for (std::size_t i = 0; i < M; ++i)
            visit(i);
        for (std::size_t i = M; i-- > 0;)
            visit(i);
    }
}

ChainState bestChain(const LearnedCounts& counts, const Cluster& cluster, std::uint32_t replicas,
    std::uint32_t restarts, std::uint64_t seed)
{
    ChainState start;
    for (const SiteCounts& site : counts.sites) {
        start.items.push_back(makeItems(site, cluster, replicas));
        start.gpuOf.push_back(contiguousAssignment(start.items.back()));
        separateCopies(start.items.back(), std::vector<std::int64_t>(start.items.back().size() * cluster.gpus),
            cluster.gpus, start.gpuOf.back());
    }
    ChainState best;
    double least = 0;
    std::uint64_t state = splitmix64(seed);
    for (std::uint32_t r = 0; r < std::max(restarts, 1u); ++r) {
        // Starts that follow a random first site beat random ones by far; the second start is `contiguous` itself,
        // so that the result is never worse.
        ChainState chain = start;
        if (r > 1)
            shuffleSite(chain.items[0], cluster.gpus, chain.gpuOf[0], state);
        if (r != 1)
            followFirst(counts, cluster, chain);
        sweepChain(counts, cluster, chain);
        const double apart = apartShare(counts, chain, cluster);
        if (r == 0 || apart < least) {
            least = apart;
            best = std::move(chain);
        }
    }
    return best;
}

std::uint32_t cheapRestarts(const LearnedCounts& counts, const Cluster& cluster, std::uint32_t replicas)
{
    double work = 1;
    for (const SiteCounts& site : counts.sites) {
        const double n = site.numExperts + replicas, G = cluster.gpus;
        work += 2 * n * n * G + n * G * G;
    }
    return static_cast<std::uint32_t>(std::clamp(1.5e7 / work, 2.0, 50.0));
}

}
