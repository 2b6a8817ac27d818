// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/placement/packing.h"
#include "analysis/placement/swap_descent.h"
#include "analysis/placement/transport.h"
#include "tests/support/memory_trace.h"
#include "tests/support/test_main.h"

#include <QTest>

using namespace expertscope;
using namespace expertscope::placement;
using namespace expertscope::testing;

namespace {

/// Least cost over all ways to place the items from `item` on.
std::int64_t bruteForce(const std::vector<std::int64_t>& cost, std::vector<std::uint32_t>& room, std::size_t item)
{
    const std::size_t G = room.size();
    if (item == cost.size() / G)
        return 0;
    std::int64_t least = INT64_MAX / 2;
    for (std::size_t g = 0; g < G; ++g) {
        if (room[g] == 0)
            continue;
        --room[g];
        least = std::min(least, cost[item * G + g] + bruteForce(cost, room, item + 1));
        ++room[g];
    }
    return least;
}

SiteItems randomItems(const Cluster& cluster, std::uint16_t experts, std::uint32_t replicas, std::uint64_t seed)
{
    SiteCounts counts{SiteIndex(0), 0, experts, 1, {}, {}, {}};
    for (std::size_t e = 0; e < experts; ++e)
        counts.load.push_back(mix(seed + e) % 1000);
    return makeItems(counts, cluster, replicas);
}

double largest(const SiteItems& items, const Assignment& gpuOf)
{
    return std::ranges::max(gpuLoads(items, gpuOf));
}

bool fits(const SiteItems& items, const Assignment& gpuOf)
{
    std::vector<std::uint32_t> held(items.room.size());
    for (const std::uint32_t g : gpuOf)
        ++held[g];
    return held == items.room;
}

}

class TestTransport : public QObject
{
    Q_OBJECT
private slots:
    void leastCostOfSmallCases()
    {
        int ties = 0;
        for (std::uint64_t seed = 0; seed < 1500; ++seed) {
            std::uint64_t state = mix(seed);
            const std::size_t G = 1 + state % 4, n = 1 + mix(state) % 8;
            std::vector<std::uint32_t> room(G);
            for (std::size_t i = 0; i < n + seed % 3; ++i) // sometimes more room than items
                ++room[(state = mix(state)) % G];
            std::vector<std::int64_t> cost(n * G);
            const std::int64_t range = seed % 2 ? 5 : 100000; // small ranges: many ties
            for (auto& c : cost)
                c = std::int64_t((state = mix(state)) % std::uint64_t(2 * range)) - range;
            const auto gpuOf = solveTransport(cost, room);
            QCOMPARE(gpuOf.size(), n);
            std::int64_t sum = 0;
            std::vector<std::uint32_t> held(G);
            for (std::size_t i = 0; i < n; ++i) {
                sum += cost[i * G + gpuOf[i]];
                ++held[gpuOf[i]];
            }
            for (std::size_t g = 0; g < G; ++g)
                QVERIFY(held[g] <= room[g]);
            ties += range == 5;
            QCOMPARE(sum, bruteForce(cost, room, 0));
        }
        QVERIFY(ties > 100);
    }

    void largeCasesCannotBeImprovedBySwapsOrCycles()
    {
        // A swap or a cycle of three items that lowers the cost would prove the solution wrong.
        const std::size_t G = 16, n = 128;
        std::vector<std::int64_t> cost(n * G);
        for (std::size_t i = 0; i < cost.size(); ++i)
            cost[i] = std::int64_t(mix(i) % 10000);
        const std::vector<std::uint32_t> room(G, n / G);
        const auto gpuOf = solveTransport(cost, room);
        const auto extra = [&](std::size_t i, std::uint32_t to) { return cost[i * G + to] - cost[i * G + gpuOf[i]]; };
        for (std::size_t a = 0; a < n; ++a) {
            for (std::size_t b = 0; b < n; ++b) {
                QVERIFY(extra(a, gpuOf[b]) + extra(b, gpuOf[a]) >= 0);
                for (std::size_t c = 0; c < n; c += 5)
                    QVERIFY(extra(a, gpuOf[b]) + extra(b, gpuOf[c]) + extra(c, gpuOf[a]) >= 0);
            }
        }
    }

    void packingAndSwapsForLoad()
    {
        for (std::uint64_t seed = 0; seed < 200; ++seed) {
            const Cluster cluster{static_cast<std::uint32_t>(1 + mix(seed) % 8), 1};
            const auto experts = static_cast<std::uint16_t>(cluster.gpus + mix(seed + 1) % 40);
            const SiteItems items = randomItems(cluster, experts, std::uint32_t(seed % 7), seed * 1000);
            Assignment gpuOf = packByLoad(items);
            QVERIFY(fits(items, gpuOf));
            const double before = largest(items, gpuOf);
            lowerLargestLoad(items, gpuOf);
            QVERIFY(fits(items, gpuOf));
            QVERIFY(largest(items, gpuOf) <= before * (1 + 1e-12));
            // From a bad start too.
            Assignment other = contiguousAssignment(items);
            const double start = largest(items, other);
            lowerLargestLoad(items, other);
            QVERIFY(largest(items, other) <= start * (1 + 1e-12));
        }
    }

    void swapsFindThePairing()
    {
        // Two GPUs of two slots: {9, 1} and {5, 3} is best, from wherever it starts.
        const Cluster cluster{2, 1};
        for (const std::vector<std::uint64_t>& load :
            {std::vector<std::uint64_t>{9, 1, 5, 3}, {9, 5, 1, 3}, {9, 3, 5, 1}}) {
            const SiteItems items = makeItems({SiteIndex(0), 0, 4, 1, load, {}, {}}, cluster, 0);
            Assignment gpuOf{0, 0, 1, 1};
            lowerLargestLoad(items, gpuOf);
            QCOMPARE(largest(items, gpuOf), 10.0);
        }
    }

    void descentNeverWorsens()
    {
        for (std::uint64_t seed = 0; seed < 200; ++seed) {
            const std::uint32_t nodes = 1 + seed % 2;
            const Cluster cluster{nodes * static_cast<std::uint32_t>(1 + mix(seed) % 4), nodes};
            const auto experts = static_cast<std::uint16_t>(cluster.gpus + mix(seed + 1) % 30);
            const SiteItems items = randomItems(cluster, experts, std::uint32_t(seed % 5), seed * 1000);
            const std::size_t n = items.size(), G = cluster.gpus;
            SwapProblem problem{.items = &items, .cluster = cluster};
            problem.pair.resize(n * n);
            for (std::size_t i = 0; i < n; ++i) {
                for (std::size_t j = 0; j < i; ++j) {
                    if (items.expert[i] != items.expert[j])
                        problem.pair[i * n + j] = problem.pair[j * n + i] =
                            double(mix(seed ^ (i * n + j)) % 100) / 1000;
                }
            }
            if (seed % 3) {
                problem.linear.resize(n * G);
                for (std::size_t i = 0; i < n * G; ++i)
                    problem.linear[i] = double(mix(seed + i) % 100) / 500;
            }
            problem.loadWeight = seed % 4 ? 0.5 : 0;
            if (seed % 2)
                problem.loadCap = 1.1;
            Assignment gpuOf = packByLoad(items);
            const double before = gain(problem, gpuOf), largestBefore = largest(items, gpuOf);
            descend(problem, gpuOf);
            QVERIFY(fits(items, gpuOf));
            QVERIFY(gain(problem, gpuOf) >= before - 1e-9);
            if (seed % 2)
                QVERIFY(largest(items, gpuOf) <= std::max(largestBefore, 1.1 * items.meanLoad) + 1e-9);
            // At the end no single swap is left that would help (checked by the definition, not by increments).
            const double reached = gain(problem, gpuOf);
            for (std::size_t i = 0; i < n; ++i) {
                for (std::size_t j = 0; j < i; ++j) {
                    if (items.expert[i] == items.expert[j])
                        continue; // copies are alike: nobody swaps them
                    Assignment other = gpuOf;
                    std::swap(other[i], other[j]);
                    const auto copiesTogether = [&] {
                        for (std::size_t a = 0; a < n; ++a) {
                            for (std::size_t b = 0; b < a; ++b) {
                                if (items.expert[a] == items.expert[b] && other[a] == other[b])
                                    return true;
                            }
                        }
                        return false;
                    };
                    if (gain(problem, other) <= reached + 1e-9)
                        continue;
                    const bool overCap = largest(items, other) > problem.loadCap * items.meanLoad;
                    QVERIFY(overCap || copiesTogether());
                }
            }
        }
    }

    void replicationTakesTheHeaviest()
    {
        const std::vector<float> load{10, 40, 20, 12};
        // 40 -> 20, 20; then the first of 20, 20: expert 1 again (13.3); then 20 of expert 2.
        QCOMPARE(replicate(load, 7), (std::vector<std::uint16_t>{0, 1, 2, 3, 1, 1, 2}));
    }
};

EXPERTSCOPE_TEST(TestTransport)
#include "tst_transport.moc"
