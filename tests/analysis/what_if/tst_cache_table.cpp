// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/what_if/cache_rows.h"
#include "analysis/what_if/cache_table.h"
#include "tests/support/language_trace.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QTest>

#include <numeric>

using namespace expertscope;
using namespace expertscope::testing;

class TestCacheTable : public QObject
{
    Q_OBJECT

    std::shared_ptr<const Study> m_study;
    CacheTablePtr m_table;

private slots:
    void initTestCase()
    {
        NamedTrace named{"good.h5", "good", languageTrace(), {}};
        named.summary.provenance.configJson = kConfig;
        m_study = std::make_shared<const Study>(std::vector{std::move(named)});
        const auto table = tabulateCaches(*m_study, 0, {}, {});
        VERIFY_OK(table);
        m_table = *table;
    }

    void capacitiesAreSpreadEvenly()
    {
        QCOMPARE(tableCapacities(8), (std::vector<std::uint32_t>{1, 2, 3, 4, 5, 6, 7, 8}));
        const auto many = tableCapacities(4096);
        QCOMPARE(many.size(), std::size_t(64));
        QCOMPARE(many.front(), 64u);
        QCOMPARE(many.back(), 4096u);
        QCOMPARE(m_table->capacities.size(), std::size_t(32));
        QCOMPARE(m_table->placeOf(0), std::size_t(0));
        QCOMPARE(m_table->placeOf(7), std::size_t(6));
        QCOMPARE(m_table->placeOf(1000), std::size_t(31));
    }

    /// What is looked up is what `simulate cache` counts and models, to the last digit.
    void equalsTheSimulation_data()
    {
        QTest::addColumn<QString>("admission");
        QTest::newRow("forced") << "forced";
        QTest::newRow("bypass") << "bypass";
    }
    void equalsTheSimulation()
    {
        QFETCH(QString, admission);
        CacheOptions options;
        options.admission = admission.toStdString();
        const auto table = tabulateCaches(*m_study, 0, options, {});
        VERIFY_OK(table);
        QVERIFY((*table)->policies.size() > 3);
        options.capacities = "3,17";
        options.time.hardware = "desktop-3090";
        const auto question = checkCaches(options);
        VERIFY_OK(question);
        const auto answer = simulateCaches(*m_study, 0, *question);
        VERIFY_OK(answer);
        QCOMPARE(answer->policies.size(), (*table)->policies.size());
        for (std::size_t p = 0; p < answer->policies.size(); ++p) {
            QCOMPARE((*table)->policies[p].request.name, answer->policies[p].request.name);
            for (std::size_t c = 0; c < 2; ++c) {
                const std::size_t place = (*table)->placeOf(answer->capacities[c]);
                QVERIFY((*table)->policies[p].totals[place] == wholeModel(answer->policies[p], c));
                const auto& wanted = answer->time->times.points[p][c];
                const auto point = modelPoint(
                    **table, p, place, answer->time->machine, (*table)->sizes.model, answer->time->level);
                QCOMPARE(*point.tokensPerSecond, *wanted.tokensPerSecond);
                QCOMPARE(*point.p99, *wanted.p99);
                QCOMPARE(*point.stallShare, *wanted.stallShare);
                QCOMPARE(*point.bytesPerToken, *wanted.bytesPerToken);
            }
        }
    }

    /// No policy beats the optimum of its contract, and that none that may bypass.
    void optimaBound()
    {
        for (std::size_t c = 0; c < m_table->capacities.size(); ++c) {
            QVERIFY(m_table->freeOptimum[c] >= m_table->forcedOptimum[c]);
            for (const TablePolicy& policy : m_table->policies) {
                if (policy.request.name != "static") // is full before the first step
                    QVERIFY2(policy.totals[c].hitRate() <= m_table->freeOptimum[c], policy.request.name.c_str());
            }
        }
        QVERIFY(m_table->freeOptimum[4] > m_table->find("lru")->totals[4].hitRate());
    }

    /// Against all divisions of few slots among the first sites, by hand.
    void bestDivision()
    {
        const auto p = std::size_t(m_table->find("lru") - m_table->policies.data());
        const auto division = divideSlots(*m_table, p, m_table->placeOf(6));
        VERIFY_OK(division);
        QCOMPARE(division->sites.size(), std::size_t(6));
        QVERIFY(division->best.used <= 36);
        QVERIFY(division->best.misses <= division->even.misses);
        // No slot moved from one layer to another saves a miss.
        const auto& pools = m_table->policies[p].pools;
        const auto misses = [&](std::size_t pool, std::uint32_t size) {
            const auto total = pools[pool].total(0);
            return size == 0 ? total.requests : pools[pool].total(size - 1).misses();
        };
        std::uint64_t all = 0;
        for (std::size_t a = 0; a < 6; ++a)
            all += misses(a, division->best.capacities[a]);
        QCOMPARE(all, division->best.misses);
        for (std::size_t a = 0; a < 6; ++a) {
            for (std::size_t b = 0; b < 6; ++b) {
                const std::uint32_t from = division->best.capacities[a], to = division->best.capacities[b];
                if (a == b || from == 0 || to == 32)
                    continue;
                QVERIFY(misses(a, from - 1) + misses(b, to + 1) >= misses(a, from) + misses(b, to));
            }
        }
    }

    void refuses()
    {
        Scope nobody;
        nobody.where = {{"language", "nobody"}};
        QVERIFY(!tabulateCaches(*m_study, 0, {}, nobody));
        bool called = false;
        const auto cancelled = tabulateCaches(*m_study, 0, {}, {}, [&](double) { return std::exchange(called, true) && false; });
        QVERIFY(!cancelled);
        QVERIFY(called);
    }
};

EXPERTSCOPE_TEST(TestCacheTable)
#include "tst_cache_table.moc"
