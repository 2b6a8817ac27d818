// SPDX-License-Identifier: GPL-3.0-or-later
//
// Is `uniform` uniform? Counts against their exact expectations, with chi-square limits that a wrong generator misses
// by far (normal approximation, 4.5 standard deviations).
#include "tests/io/synth/made.h"
#include "tests/support/test_main.h"
#include "tests/support/verify.h"

#include "io/synth/synthetic_source.h"
#include "io/synth/zipf.h"

#include <QTest>

#include <cmath>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

/// Standard deviations by which a chi-square statistic exceeds its mean.
double excess(const std::vector<double>& counts, const std::vector<double>& expected, double variancePerCell = 1)
{
    double chi = 0;
    for (std::size_t i = 0; i < counts.size(); ++i)
        chi += (counts[i] - expected[i]) * (counts[i] - expected[i]) / (expected[i] * variancePerCell);
    const double cells = double(counts.size()) - 1;
    return (chi - cells) / std::sqrt(2 * cells);
}

}

class TestUniform : public QObject
{
    Q_OBJECT

private slots:
    void everySetAlikeLikely_data()
    {
        QTest::addColumn<int>("experts");
        QTest::addColumn<int>("topK");
        QTest::addRow("8 of 64") << 64 << 8;
        QTest::addRow("1 of 7") << 7 << 1;
        QTest::addRow("5 of 5") << 5 << 5;
        QTest::addRow("10 of 384") << 384 << 10;
        QTest::addRow("2 of 3") << 3 << 2;
    }
    void everySetAlikeLikely()
    {
        QFETCH(int, experts);
        QFETCH(int, topK);
        constexpr double T = 100000;
        const auto made = makeAll("uniform",
            {{"tokens", "100000"}, {"sites", "2"}, {"experts", std::to_string(experts)},
                {"top-k", std::to_string(topK)}});
        QVERIFY(allSetsAreSound(made));
        const auto E = std::size_t(experts), k = std::size_t(topK);
        std::vector<double> same(2), sameExpected{T / double(E), T - T / double(E)};
        for (std::size_t site = 0; site < 2; ++site) {
            // each slot on its own, neighbouring slots together, the first slots of neighbouring tokens
            for (std::size_t slot = 0; slot < k; ++slot) {
                std::vector<double> counts(E);
                for (std::uint64_t t = 0; t < made.shape.numTokens; ++t)
                    ++counts[made.set(site, t)[slot]];
                QVERIFY(excess(counts, std::vector<double>(E, T / double(E))) < 4.5);
            }
            std::vector<double> neighbours(E * E), tokens(E * E);
            for (std::uint64_t t = 0; t < made.shape.numTokens; ++t) {
                const auto set = made.set(site, t);
                if (k > 1)
                    ++neighbours[set[k - 2] * E + set[k - 1]];
                if (t > 0)
                    ++tokens[made.set(site, t - 1)[0] * E + set[0]];
            }
            if (k > 1 && E < 100) {
                std::vector<double> off;
                for (std::size_t i = 0; i < E * E; ++i) {
                    if (i / E != i % E)
                        off.push_back(neighbours[i]);
                }
                QVERIFY(excess(off, std::vector<double>(off.size(), T / double(E * (E - 1)))) < 4.5);
            }
            if (E < 100)
                QVERIFY(excess(tokens, std::vector<double>(E * E, (T - 1) / double(E * E))) < 4.5);
        }
        for (std::uint64_t t = 0; t < made.shape.numTokens; ++t)
            ++same[made.set(0, t)[0] == made.set(1, t)[0] ? 0 : 1];
        QVERIFY(excess(same, sameExpected) < 4.5);
    }

    void zipf_data()
    {
        QTest::addColumn<unsigned>("n");
        QTest::addColumn<double>("exponent");
        QTest::addRow("1") << 1u << 1.0;
        QTest::addRow("flat") << 100u << 0.0;
        QTest::addRow("usual") << 500u << 1.0;
        QTest::addRow("steep") << 20u << 3.0;
    }
    /// The alias table holds exactly the probabilities that it was made of.
    void zipf()
    {
        QFETCH(unsigned, n);
        QFETCH(double, exponent);
        const ZipfTable table(n, exponent);
        constexpr int kGrid = 1 << 20;
        std::vector<double> share(n), counts(n);
        double sum = 0;
        for (unsigned i = 0; i < n; ++i)
            sum += std::pow(i + 1.0, -exponent);
        for (int i = 0; i < kGrid; ++i) // an even grid instead of random numbers: no noise
            share[table((std::uint64_t(i) << 44) + (1ull << 43))] += 1.0 / kGrid;
        for (unsigned i = 0; i < n; ++i)
            QVERIFY(std::abs(share[i] - std::pow(i + 1.0, -exponent) / sum) < 2.0 * n / kGrid);
    }

    void tokenIds()
    {
        const auto made = makeAll("uniform", {{"tokens", "200000"}, {"sites", "1"}, {"vocab", "300"}, {"zipf", "0.8"}});
        std::vector<double> counts(300), expected(300);
        double sum = 0;
        for (int i = 0; i < 300; ++i)
            sum += expected[std::size_t(i)] = std::pow(i + 1.0, -0.8);
        for (double& v : expected)
            v *= 200000 / sum;
        for (const auto id : made.tokenIds)
            ++counts.at(std::size_t(id));
        QVERIFY(std::abs(excess(counts, expected)) < 4.5);
    }

    void anyCellAlone()
    {
        const Options options{{"tokens", "3000"}, {"sites", "5"}, {"length", "700"}, {"labels", "3"}, {"seed", "9"}};
        const auto made = makeAll("uniform", options, 64);
        QCOMPARE(made.shape.sequences.size(), std::size_t(5));
        QCOMPARE(made.shape.sequences[4].length, 200u);
        QCOMPARE(made.shape.labels[0].codes, (std::vector<std::int32_t>{0, 1, 2, 0, 1}));
        auto again = generator("uniform", options);
        SyntheticSource source(std::unique_ptr<CellGenerator>(dynamic_cast<CellGenerator*>(again.release())));
        BlockBuffer buffer;
        for (const std::uint64_t first : {2999u, 0u, 1234u}) {
            for (std::uint16_t site = 0; site < 5; ++site) {
                const auto block = source.read(
                    SiteIndex(site), {TokenIndex(first), TokenIndex(first + 1)}, {.tokenIds = true}, buffer);
                VERIFY_OK(block);
                QVERIFY(std::ranges::equal(block->expertIds, made.set(site, first)));
                QCOMPARE(block->tokenIds[0], made.tokenIds[first]);
            }
        }
        Options other = options;
        other["seed"] = "10";
        const auto another = makeAll("uniform", other);
        QVERIFY(another.ids != made.ids && another.tokenIds != made.tokenIds);
    }
};

EXPERTSCOPE_TEST(TestUniform)
#include "tst_uniform.moc"
