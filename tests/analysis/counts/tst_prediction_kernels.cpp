// SPDX-License-Identifier: GPL-3.0-or-later
//
// The loops behind predictors: every instruction set gives the numbers of the plain definition, bit for bit.
#include "analysis/counts/prediction_models.h"
#include "io/base/splitmix.h"
#include "tests/support/test_main.h"

#include <QTest>

#include <set>

using namespace expertscope;

class TestPredictionKernels : public QObject
{
    Q_OBJECT
private slots:
    void sumsOfRows_data()
    {
        QTest::addColumn<std::size_t>("kernel");
        QTest::addColumn<std::size_t>("length");
        for (std::size_t i = 0; i < numPredictionKernels(); ++i) {
            for (const std::size_t length : {0, 1, 7, 64, 129})
                QTest::addRow("%s %zu", predictionKernels(i).name, length) << i << length;
        }
    }
    void sumsOfRows()
    {
        QFETCH(std::size_t, kernel);
        QFETCH(std::size_t, length);
        const PredictionKernels& kernels = predictionKernels(kernel);
        SplitMix random(length);
        for (const std::size_t count : {0, 1, 2, 3, 8, 9, 15, 70}) {
            std::vector<std::vector<std::int64_t>> shares(count, std::vector<std::int64_t>(length));
            std::vector<std::vector<std::uint32_t>> counts(count, std::vector<std::uint32_t>(length));
            std::vector<const std::int64_t*> shareRows;
            std::vector<const std::uint32_t*> countRows;
            for (std::size_t i = 0; i < count; ++i) {
                for (std::size_t j = 0; j < length; ++j) {
                    shares[i][j] = std::int64_t(random.next() >> 11); // up to 2^53
                    counts[i][j] = std::uint32_t(random.next());
                }
                shareRows.push_back(shares[i].data());
                countRows.push_back(counts[i].data());
            }
            std::vector<std::uint64_t> scores(length, 99), sums(length, 7);
            kernels.sumShares(shareRows.data(), count, length, scores.data());
            kernels.addCounts(countRows.data(), count, length, sums.data());
            for (std::size_t j = 0; j < length; ++j) {
                std::uint64_t score = 1 << 11, sum = 7;
                for (std::size_t i = 0; i < count; ++i) {
                    score += std::uint64_t(shares[i][j]);
                    sum += counts[i][j];
                }
                QCOMPARE(scores[j], score >> 12);
                QCOMPARE(sums[j], sum);
            }
        }
        std::vector<std::uint64_t> dots(length);
        std::vector<double> norms(length);
        std::vector<std::int64_t> cosines(length), sums(length), before(length), expected(length);
        for (int round = 0; round < 3; ++round) {
            const double norm = 1 / std::sqrt(double(random.next() >> 30));
            for (std::size_t s = 0; s < length; ++s) {
                dots[s] = random.next() >> 40;
                norms[s] = 1 / std::sqrt(double(1 + (random.next() >> 34)));
            }
            kernels.compare(dots.data(), norms.data(), norm, length, cosines.data(), sums.data());
            for (std::size_t s = 0; s < length; ++s) {
                volatile double product = double(dots[s]) * norms[s]; // rounded after each step
                product = product * norm;
                product = product * 0x1p52;
                const auto cosine = static_cast<std::int64_t>(product + 0.5);
                expected[s] += cosine - before[s];
                before[s] = cosine;
                QCOMPARE(cosines[s], cosine);
                QCOMPARE(sums[s], expected[s]);
            }
        }
    }

    void amongLargestIsWhatMarksSay()
    {
        SplitMix random(1);
        for (int round = 0; round < 2000; ++round) {
            const std::size_t E = 1 + random.next() % 70, n = random.next() % (E + 2);
            const std::uint64_t kinds = 1 + random.next() % 40; // few: many equal scores
            std::vector<std::uint64_t> scores(E);
            std::vector<std::uint16_t> some;
            for (std::size_t e = 0; e < E; ++e) {
                scores[e] = random.next() % kinds << random.next() % 2 * 40;
                if (random.next() % 3 == 0)
                    some.push_back(std::uint16_t(e));
            }
            std::vector<std::uint8_t> marks(E);
            markLargest(scores, n, marks);
            std::size_t expected = 0;
            for (const std::uint16_t e : some)
                expected += marks[e];
            QCOMPARE(countAmongLargest(scores, n, some), expected);
            for (std::size_t i = 0; i < numPredictionKernels() && E > 0; ++i) {
                std::size_t above = 0, notBelow = 0;
                predictionKernels(i).countAbove(scores.data(), E, scores[0], above, notBelow);
                QCOMPARE(above, std::size_t(std::ranges::count_if(scores, [&](auto s) { return s > scores[0]; })));
                QCOMPARE(notBelow, std::size_t(std::ranges::count_if(scores, [&](auto s) { return s >= scores[0]; })));
            }
        }
    }
};

EXPERTSCOPE_TEST(TestPredictionKernels)
#include "tst_prediction_kernels.moc"
