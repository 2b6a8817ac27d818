// SPDX-License-Identifier: GPL-3.0-or-later
//
// MC-SMoE's similarity and groups against a plain restatement and columns that are known.
#include "analysis/metrics/analyse.h"
#include "tests/support/restatement.h"
#include "tests/support/rows.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include <QTest>

#include <map>

using namespace expertscope;
using namespace expertscope::testing;

class TestMcSmoe : public QObject
{
    Q_OBJECT
private slots:
    void mcSmoeIsItsRestatement_data()
    {
        QTest::addColumn<unsigned>("groups");
        for (const unsigned groups : {0u, 1u, 4u, 12u, 100u})
            QTest::addRow("%u groups", groups) << groups;
    }
    void mcSmoeIsItsRestatement()
    {
        QFETCH(unsigned, groups);
        MemoryTrace trace = labelledTrace(groups + 6);
        const std::size_t bad = 50; // a token whose logits cannot be used, but its choices can
        trace.logits[1][bad * 12 + 3] = -INFINITY;
        const auto results = analyse(trace, {{"mc_smoe", {{"groups", std::to_string(groups)}}}}, {}, piecesOf(101, 0));
        VERIFY_OK(results);
        std::vector<std::vector<double>> usage(3), similarity(3);
        std::vector<double> pooled;
        double wanted = 0, dominants = 0;
        for (std::size_t site = 0; site < 3; ++site) {
            const std::size_t E = trace.shape().sites[site].numExperts;
            std::vector<double> gram(E * E);
            usage[site].resize(E);
            double choices = 0;
            for (const TokenOfTrace& t : tokensOf(trace, site)) {
                for (const std::uint16_t e : t.chosen) {
                    ++usage[site][e];
                    ++choices;
                }
                for (std::size_t i = 0; i < E * E && !t.chosen.empty() && !(site == 1 && t.token == bad); ++i)
                    gram[i] += double(trace.logits[site][t.token * E + i / E])
                        * double(trace.logits[site][t.token * E + i % E]);
            }
            for (std::size_t i = 0; i < E * E; ++i)
                similarity[site].push_back(
                    (gram[i] / std::sqrt(gram[i / E * (E + 1)] * gram[i % E * (E + 1)]) + 1) / 2);
            for (double& share : usage[site])
                share /= choices;
            const std::size_t top = inOrderOf(usage[site]).front();
            for (std::size_t e = 0; e < E; ++e)
                pooled.push_back(e == top ? 1 : usage[site][e]);
            wanted += groups ? groups : std::floor(double(E) / 2 + 0.5);
        }
        std::ranges::sort(pooled, std::greater());
        const double threshold = pooled[std::size_t(std::min(wanted, double(pooled.size()) - 1))];
        for (std::size_t site = 0; site < 3; ++site) {
            const std::size_t E = trace.shape().sites[site].numExperts;
            const ResultMatrix& matrix = results->matrices[site];
            double most = 0;
            for (std::size_t i = 0; i < E * E; ++i) {
                QVERIFY(near(matrix.values[i], similarity[site][i], 7e-7));
                QCOMPARE(matrix.values[i], std::round(matrix.values[i] * 1e6) / 1e6); // no digits that are not known
                if (i / E != i % E)
                    most = std::max(most, similarity[site][i]);
            }
            QVERIFY(near(valueOf(*results, "mc_smoe.max_similarity", int(site)), most, 7e-7));
            std::vector<std::size_t> dominant;
            for (const std::size_t e : inOrderOf(usage[site])) {
                if (dominant.empty() || usage[site][e] > threshold)
                    dominant.push_back(e);
            }
            QCOMPARE(valueOf(*results, "mc_smoe.dominant", int(site)), double(dominant.size()));
            dominants += double(dominant.size());
            for (std::size_t e = 0; e < E; ++e) {
                std::size_t group = dominant.front();
                for (const std::size_t d : dominant) {
                    if (similarity[site][e * E + d] > similarity[site][e * E + group])
                        group = d;
                }
                if (std::ranges::find(dominant, e) != dominant.end())
                    group = e;
                QCOMPARE(valueOf(*results, "mc_smoe.group", int(site), int(e)), double(group));
            }
        }
        if (groups == 0 || groups == 4) // no ties at the threshold here
            QCOMPARE(dominants, wanted);
    }

    void mcSmoeOfKnownColumns()
    {
        // Columns: x, 2x, -x, 0; large numbers, so that the sums go beyond 64 bits.
        MemoryTrace trace(1, 4, 1);
        trace.editShape().columns.logits = true;
        trace.addSequence(5000);
        for (int t = 0; t < 5000; ++t) {
            const float x = 400 + 0.5f * float(t % 100);
            trace.logits[0].insert(trace.logits[0].end(), {x, 2 * x, -x, 0});
            trace.ids[0].push_back(std::uint16_t(t % 8 == 0 ? 3 : t % 2));
        }
        const auto results = analyse(trace, {{"mc_smoe", {{"groups", "2"}}}}, {}, {});
        const std::vector<double>& values = results->matrices[0].values;
        QVERIFY(near(values[1], 1, 1e-14));
        QVERIFY(near(values[2], 0, 1e-14));
        QVERIFY(near(values[6], 0, 1e-14));
        QVERIFY(std::isnan(values[3]) && std::isnan(values[13]));
        QCOMPARE(values[15], 1.0);
        QVERIFY(near(valueOf(*results, "mc_smoe.max_similarity", 0), 1, 1e-14));
        QCOMPARE(valueOf(*results, "mc_smoe.dominant", 0), 2.0); // experts 1 and 0
        QCOMPARE(valueOf(*results, "mc_smoe.group", 0, 3), 1.0); // no logits: to the most used one
    }
};

EXPERTSCOPE_TEST(TestMcSmoe)
#include "tst_mc_smoe.moc"
