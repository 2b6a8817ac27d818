// SPDX-License-Identifier: GPL-3.0-or-later
#include "streams.h"

#include <QTest>

using namespace expertscope::testing;

class TestStackPolicies : public QObject
{
    Q_OBJECT

private slots:
    void conformance();
};

/// The fixture of simulation.md 2.3 (moe-cache-eval's conformance trace).
void TestStackPolicies::conformance()
{
    EventSet set;
    for (int site = 0; site < 3; ++site)
        set.pools.push_back(streamOf(1, 4, {{0, 1}, {0, 2}, {0, 1}, {0, 3}, {0, 1}}));
    const auto results = simulateCaches(set, {}, {{"lru"}}, {2}, 2);
    QVERIFY(results);
    Counters total;
    for (const PoolCurve& pool : results->front().pools)
        total += pool.total(0);
    QCOMPARE(total.requests, 30u);
    QCOMPARE(total.hits, 12u);
    QCOMPARE(total.misses(), 18u);
    QCOMPARE(total.compulsory, 12u); // 3 sites x experts 0 to 3
    QCOMPARE(total.evictions, 12u);
    QCOMPARE(total.overflows, 0u);
    QCOMPARE(total.missesPerEvent, (std::vector<std::uint64_t>{0, 12, 3}));
}

QTEST_APPLESS_MAIN(TestStackPolicies)
#include "tst_stack_policies.moc"
