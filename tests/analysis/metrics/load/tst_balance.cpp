// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/chance/balance_chance.h"
#include "analysis/counts/balance_stats.h"
#include "analysis/counts/load_table.h"
#include "analysis/metrics/analyse.h"
#include "tests/support/memory_trace.h"
#include "tests/support/near.h"
#include "tests/support/rows.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QTest>

using namespace expertscope;
using namespace expertscope::testing;

class TestBalance : public QObject
{
    Q_OBJECT
private slots:
    void goldens_data()
    {
        QTest::addColumn<char>("kind");
        QTest::addColumn<QList<double>>("counts"); // min, max, argmax
        QTest::addColumn<QList<double>>("values"); // MaxVio, CV, Gini, entropy / log E, mean per-sequence MaxVio
        QTest::newRow("U") << 'U' << QList<double>{456, 582, 29}
                           << QList<double>{.136719, .041690, .022553, .999792, .261719};
        QTest::newRow("B") << 'B' << QList<double>{384, 704, 16}
                           << QList<double>{.375000, .120715, .066963, .998267, .812500};
        QTest::newRow("M") << 'M' << QList<double>{444, 591, 30}
                           << QList<double>{.154297, .072082, .041300, .999376, .632812};
    }
    void goldens()
    {
        QFETCH(char, kind);
        QFETCH(QList<double>, counts);
        QFETCH(QList<double>, values);
        MemoryTrace trace = splitmixTrace(kind);
        const auto table = loadTable(trace, {});
        VERIFY_OK(table);
        const auto first = table->counts.begin();
        const auto most = std::max_element(first, first + 64);
        QCOMPARE(double(*std::min_element(first, first + 64)), counts[0]);
        QCOMPARE(double(*most), counts[1]);
        QCOMPARE(double(most - first), counts[2]);
        QCOMPARE(table->tokens[0], 4096u);
        QCOMPARE(table->choices[0], 32768u);

        const auto rows = analyse(trace, {{"balance"}, {"load"}}, {}, {});
        VERIFY_OK(rows);
        const char* names[] = {"max_vio", "cv", "gini", "entropy", "max_vio_sequence"};
        for (int i = 0; i < 5; ++i)
            QVERIFY2(near(valueOf(*rows, std::string("balance.") + names[i], 0), values[i], 5.1e-7), names[i]);
        QCOMPARE(findRow(*rows, "balance.max_vio", 0)->n, 4096u);
        QCOMPARE(findRow(*rows, "balance.max_vio_sequence", 0)->n, 8u);
        for (std::uint16_t e = 0; e < 64; ++e) {
            QCOMPARE(valueOf(*rows, "load.count", 0, e), double(table->count(SiteIndex(0), ExpertIndex(e))));
            QCOMPARE(valueOf(*rows, "load.share", 0, e), double(first[e]) / 32768);
            QCOMPARE(valueOf(*rows, "load.relative", 0, e), double(first[e]) / 512);
        }
        // The model's value is the mean over its sites.
        double sum = 0;
        for (int site = 0; site < 4; ++site)
            sum += valueOf(*rows, "balance.max_vio", site);
        QCOMPARE(valueOf(*rows, "balance.max_vio", -1), sum / 4);
    }

    void collapseOnFewExperts()
    {
        // Every token chooses the same k = 2 of E = 8: the right column of table 6.1.
        MemoryTrace trace(1, 8, 2);
        trace.addSequence(100);
        for (int t = 0; t < 100; ++t)
            trace.ids[0].insert(trace.ids[0].end(), {5, 3});
        const auto rows = analyse(trace, {{"balance"}, {"load"}}, {}, {});
        VERIFY_OK(rows);
        const double E = 8, k = 2;
        QCOMPARE(valueOf(*rows, "load.relative", 0, 5), E / k);
        QCOMPARE(valueOf(*rows, "balance.max_vio", 0), E / k - 1);
        QCOMPARE(valueOf(*rows, "balance.cv", 0), std::sqrt(E / k - 1));
        QCOMPARE(valueOf(*rows, "balance.gini", 0), 1 - k / E);
        QCOMPARE(valueOf(*rows, "balance.entropy", 0), std::log(k) / std::log(E));
        QCOMPARE(valueOf(*rows, "balance.kl", 0), std::log(E / k));
        QCOMPARE(valueOf(*rows, "balance.min_load", 0), 0.0);
        QCOMPARE(valueOf(*rows, "balance.dead", 0), E - k);
        QCOMPARE(valueOf(*rows, "balance.max_vio_sequence", 0), E / k - 1);
    }

    void perfectBalance()
    {
        MemoryTrace trace(1, 4, 2);
        trace.addSequence(2);
        trace.ids[0] = {0, 1, 2, 3};
        const auto rows = analyse(trace, {{"balance"}}, {}, {});
        for (const char* name : {"max_vio", "cv", "gini", "kl", "dead", "max_vio_sequence"})
            QVERIFY2(near(valueOf(*rows, std::string("balance.") + name, 0), 0, 1e-15), name);
        QVERIFY(near(valueOf(*rows, "balance.entropy", 0), 1, 1e-15));
        QCOMPARE(valueOf(*rows, "balance.min_load", 0), 1.0);
    }

    void undefinedIsUndefined()
    {
        MemoryTrace trace(2, 1, 1);
        trace.addSequence(3);
        trace.ids[0] = {0, 0, 0};
        trace.ids[1] = {kNoExpert, kNoExpert, kNoExpert};
        const auto rows = analyse(trace, {{"balance"}, {"load"}}, {}, {});
        VERIFY_OK(rows);
        QCOMPARE(findRow(*rows, "balance.entropy", 0)->undefined, std::string("one expert: log E is 0"));
        QCOMPARE(valueOf(*rows, "balance.max_vio", 0), 0.0);
        for (const char* metric : {"balance.max_vio", "balance.gini", "load.relative", "balance.max_vio_sequence"}) {
            const ResultRow* row = findRow(*rows, metric, 1);
            QVERIFY(row && !row->value && !row->undefined.empty() && row->n == 0);
        }
        // Means are taken where there is something to take.
        QCOMPARE(valueOf(*rows, "balance.max_vio", -1), 0.0);
        QCOMPARE(findRow(*rows, "balance.max_vio", -1)->params.at("sites"), ParameterValue(1.0));
        QVERIFY(!findRow(*rows, "balance.entropy", -1)->value);
    }

    void emptySlotsAreNoChoices()
    {
        MemoryTrace trace(1, 4, 2);
        trace.addSequence(3);
        trace.ids[0] = {1, kNoExpert, kNoExpert, kNoExpert, 1, 2};
        const auto rows = analyse(trace, {{"balance"}, {"load"}}, {}, {});
        QCOMPARE(valueOf(*rows, "load.count", 0, 1), 2.0);
        QCOMPARE(valueOf(*rows, "load.share", 0, 2), 1.0 / 3);
        QCOMPARE(findRow(*rows, "load.count", 0, 1)->n, 2u);
        QVERIFY(near(valueOf(*rows, "balance.max_vio", 0), 2 * 4 / 3.0 - 1, 1e-15));
        // By chance all orders of 1 and 2 choices of 4: the largest load is 2 in half of the cases, else 1.
        QVERIFY(near(*findRow(*rows, "balance.max_vio", 0)->uniform, 1.5 * 4 / 3 - 1, 0.15));
        QVERIFY(near(*findRow(*rows, "balance.dead", 0)->uniform, 4 * (3 / 4.0) * (2 / 4.0), 0.05));
    }

    /// The expectation shown beside a value against routing by chance drawn here, with another generator.
    void uniformExpectation_data()
    {
        QTest::addColumn<int>("E");
        QTest::addColumn<int>("k");
        QTest::addColumn<int>("N");
        QTest::newRow("8,2 few") << 8 << 2 << 30;
        QTest::newRow("8,2 at the seam, simulated") << 8 << 2 << 511;
        QTest::newRow("8,2 at the seam, formula") << 8 << 2 << 512;
        QTest::newRow("64,8 few") << 64 << 8 << 100;
        QTest::newRow("64,8 seam") << 64 << 8 << 1024;
        QTest::newRow("16,1") << 16 << 1 << 2100;
        QTest::newRow("32,4 more") << 32 << 4 << 4000;
        QTest::newRow("1 token") << 64 << 8 << 1;
        QTest::newRow("most chosen") << 8 << 6 << 400;
    }
    void uniformExpectation()
    {
        QFETCH(int, E);
        QFETCH(int, k);
        QFETCH(int, N);
        const int rounds = std::clamp(3'000'000 / (N * k), 200, 3000);
        std::vector<double> sum(7), squares(7);
        std::vector<unsigned> pool(std::size_t(E), 0u);
        std::iota(pool.begin(), pool.end(), 0u);
        std::uint64_t state = 12345;
        for (int i = 0; i < rounds; ++i) {
            std::vector<std::uint64_t> counts(std::size_t(E), 0u);
            for (int t = 0; t < N; ++t) {
                for (int r = 0; r < k; ++r) {
                    state = state * 6364136223846793005u + 1442695040888963407u;
                    std::swap(pool[std::size_t(r)], pool[std::size_t(r) + (state >> 33) % unsigned(E - r)]);
                    ++counts[pool[std::size_t(r)]];
                }
            }
            const BalanceStats s = balanceStats(counts);
            const double v[] = {s.maxVio, s.cv, s.gini, s.kl, s.minLoad, double(s.dead), s.maxVio};
            for (std::size_t j = 0; j < 7; ++j) {
                sum[j] += v[j];
                squares[j] += v[j] * v[j];
            }
        }
        const UniformBalance u = uniformBalance(unsigned(E), k, N);
        const double expected[] = {
            u.maxVio, u.cv, u.gini, u.kl, u.minLoad, u.dead, uniformMaxVio(unsigned(E), k, N).mean};
        const char* names[] = {"MaxVio", "CV", "Gini", "KL", "least load", "dead", "MaxVio alone"};
        for (std::size_t j = 0; j < 7; ++j) {
            const double mean = sum[j] / rounds;
            const double error = std::sqrt(std::max(0.0, squares[j] / rounds - mean * mean) / rounds);
            // Both sides are estimates; the formulas promise 1 %.
            QVERIFY2(
                near(expected[j], mean, 4.5 * error + 0.015 * std::abs(j == 4 ? 1 - mean : mean) + 1e-12), names[j]);
        }
    }

    void finiteSampleFloorOfTheNotes()
    {
        // SD of relative load at N = 4096, a = 1/8: 0.0413 (metrics 6.1); E[CV] is a little below the SD.
        QVERIFY(near(uniformBalance(64, 8, 4096).cv, 0.0413, 3e-4));
        QVERIFY(near(std::sqrt((1 - .125) / (.125 * 4096)), 0.0413, 5e-5));
    }

    void uniformTraceLiesOnItsExpectation()
    {
        MemoryTrace trace(6, 32, 4);
        for (int s = 0; s < 30; ++s)
            trace.addSequence(s % 2 ? 100 : 300);
        fillUniform(trace, 9);
        const auto rows = analyse(trace, {{"balance"}}, {}, {});
        for (const char* name : {"max_vio", "cv", "gini", "kl", "max_vio_sequence"}) {
            const ResultRow* row = findRow(*rows, std::string("balance.") + name, -1);
            QVERIFY2(near(*row->value / *row->uniform, 1, 0.25), name);
        }
        const ResultRow* row = findRow(*rows, "balance.max_vio_sequence", -1);
        QVERIFY(near(*row->value / *row->uniform, 1, 0.05)); // 180 sequences: a sharper one
        QCOMPARE(row->n, 180u);
    }
};

EXPERTSCOPE_TEST(TestBalance)
#include "tst_balance.moc"
