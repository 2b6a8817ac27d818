// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/simulation/quotas.h"
#include "streams.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QTest>

using namespace expertscope::testing;

namespace {

/// A curve with these misses at these capacities.
PoolCurve curve(std::uint64_t requests, const std::vector<std::pair<std::uint32_t, std::uint64_t>>& misses)
{
    PoolCurve pool;
    for (const auto& [capacity, missed] : misses) {
        Counters counters;
        counters.requests = requests;
        counters.hits = requests - missed;
        pool.capacities.push_back(capacity);
        pool.sites.push_back({counters});
    }
    return pool;
}

/// Every division there is.
std::uint64_t fewest(std::span<const PoolCurve> pools, std::uint64_t budget)
{
    if (pools.empty())
        return 0;
    std::uint64_t best = pools[0].total(0).requests + fewest(pools.subspan(1), budget);
    for (std::size_t c = 0; c < pools[0].capacities.size(); ++c) {
        if (pools[0].capacities[c] <= budget)
            best = std::min(
                best, pools[0].total(c).misses() + fewest(pools.subspan(1), budget - pools[0].capacities[c]));
    }
    return best;
}

}

class TestQuotas : public QObject
{
    Q_OBJECT

private slots:
    void worthMost();
    void likeEveryDivision();
    void ofPolicies();
    void tooMuchForExactness();
};

void TestQuotas::worthMost()
{
    const std::vector<PoolCurve> pools{
        curve(100, {{1, 60}, {2, 40}, {3, 35}}), curve(100, {{1, 95}, {2, 91}, {3, 90}}), curve(50, {{1, 0}})};
    const auto quotas = optimalQuotas(pools, 4); // worth 40, 20, 5 | 5, 4, 1 | 50; the tie to the first
    VERIFY_OK(quotas);
    QCOMPARE(quotas->capacities, (std::vector<std::uint32_t>{3, 0, 1}));
    QCOMPARE(quotas->misses, 135u);
    QCOMPARE(quotas->used, 4u);
    QVERIFY(quotas->exact);
    const auto even = evenQuotas(pools, 4);
    QCOMPARE(even->capacities, (std::vector<std::uint32_t>{2, 1, 1}));
    QCOMPARE(even->misses, 135u);
    QCOMPARE(optimalQuotas(pools, 1000)->misses, 125u);
    QCOMPARE(optimalQuotas(pools, 0)->misses, 250u);
    QVERIFY(!optimalQuotas({}, 4));
}

/// Curves with cliffs and with gaps between their capacities.
void TestQuotas::likeEveryDivision()
{
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        std::uint64_t state = mix(seed);
        const auto draw = [&](std::uint64_t n) { return (state = mix(state)) % n; };
        std::vector<PoolCurve> pools;
        for (std::uint64_t p = 0; p < 2 + seed % 3; ++p) {
            std::vector<std::pair<std::uint32_t, std::uint64_t>> misses;
            std::uint32_t capacity = 0;
            for (std::uint64_t missed = 100; misses.size() < 5;) {
                missed -= std::min(missed, draw(2) ? draw(40) : 0);
                misses.emplace_back(capacity += seed % 2 ? 1 + std::uint32_t(draw(3)) : 1, missed);
            }
            pools.push_back(curve(100, misses));
        }
        for (std::uint64_t budget = 0; budget < 20; ++budget) {
            const auto quotas = optimalQuotas(pools, budget);
            QVERIFY(quotas && quotas->exact);
            QVERIFY(quotas->used <= budget);
            QCOMPARE(quotas->misses, fewest(pools, budget));
            QVERIFY(quotas->misses <= evenQuotas(pools, budget)->misses);
            QCOMPARE(quotas->used, std::accumulate(quotas->capacities.begin(), quotas->capacities.end(), std::uint64_t(0)));
        }
    }
}

void TestQuotas::ofPolicies()
{
    EventSet set;
    for (std::uint64_t site = 0; site < 3; ++site)
        set.pools.push_back(randomStream(site, 1, 8 + 8 * std::uint32_t(site), 100, 2, 2));
    for (const char* policy : {"lru", "opt"}) {
        const auto results = simulateCaches(set, {}, {{policy}}, upTo(24), 1);
        VERIFY_OK(results);
        const std::span<const PoolCurve> pools = results->front().pools;
        for (const std::uint64_t budget : {5, 12, 30})
            QCOMPARE(optimalQuotas(pools, budget)->misses, fewest(pools, budget));
    }
}

/// A budget too large for all divisions: the convex hulls' answer is near, and says that it is not exact.
void TestQuotas::tooMuchForExactness()
{
    std::vector<PoolCurve> pools;
    for (std::uint64_t p = 0; p < 100; ++p) {
        std::vector<std::pair<std::uint32_t, std::uint64_t>> misses;
        for (std::uint32_t c = 1; c <= 100; ++c)
            misses.emplace_back(c * 100, 1000000 / (c / 2 + 1 + p)); // steps of two: not convex
        pools.push_back(curve(2000000, misses));
    }
    const auto quotas = optimalQuotas(pools, 300000);
    QVERIFY(quotas && !quotas->exact);
    QVERIFY(quotas->used <= 300000 && quotas->used > 299000);
    QVERIFY(quotas->misses < evenQuotas(pools, 300000)->misses);
}

EXPERTSCOPE_TEST(TestQuotas)
#include "tst_quotas.moc"
