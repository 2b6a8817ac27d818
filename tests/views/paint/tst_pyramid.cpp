// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/test_main.h"
#include "views/paint/pyramid.h"

#include <QElapsedTimer>
#include <QRandomGenerator>
#include <QTest>

#include <cmath>

using namespace expertscope;

namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

std::vector<float> randomValues(std::size_t n, quint32 seed, double holes)
{
    QRandomGenerator random(seed);
    std::vector<float> values(n);
    for (float& v : values)
        v = random.generateDouble() < holes ? kNaN : float(std::floor(random.generateDouble() * 1000));
    return values;
}

bool same(float a, float b)
{
    return std::isnan(a) ? std::isnan(b) : a == b;
}

}

class TestPyramid : public QObject
{
    Q_OBJECT
private slots:
    void summaryEqualsBruteForce_data()
    {
        QTest::addColumn<int>("rows");
        QTest::addColumn<int>("columns");
        QTest::addColumn<double>("holes");
        for (const int columns : {1, 2, 3, 4, 5, 15, 16, 17, 63, 64, 65, 255, 257, 1000, 1025})
            QTest::addRow("%d columns", columns) << 3 << columns << 0.0;
        QTest::addRow("with holes") << 5 << 333 << 0.3;
        QTest::addRow("only holes") << 2 << 70 << 1.0;
        QTest::addRow("one row of one") << 1 << 1 << 0.0;
    }
    void summaryEqualsBruteForce()
    {
        QFETCH(int, rows);
        QFETCH(int, columns);
        QFETCH(double, holes);
        const auto values = randomValues(std::size_t(rows * columns), quint32(columns), holes);
        const Pyramid pyramid(std::size_t(rows), std::size_t(columns), values);
        QRandomGenerator random(7);
        for (int i = 0; i < 400; ++i) {
            int c0 = int(random.bounded(columns)), c1 = int(random.bounded(columns)) + 1;
            int r0 = int(random.bounded(rows)), r1 = int(random.bounded(rows)) + 1;
            if (c0 >= c1)
                std::swap(c0, c1);
            if (r0 >= r1)
                std::swap(r0, r1);
            float max = kNaN, min = kNaN;
            double sum = 0;
            std::uint64_t count = 0;
            for (int r = r0; r < r1; ++r) {
                for (int c = c0; c < c1; ++c) {
                    const float v = values[std::size_t(r * columns + c)];
                    if (std::isnan(v))
                        continue;
                    max = count ? std::max(max, v) : v;
                    min = count ? std::min(min, v) : v;
                    sum += v;
                    ++count;
                }
            }
            const auto s = pyramid.summarise(std::size_t(r0), std::size_t(r1), std::size_t(c0), std::size_t(c1));
            QCOMPARE(s.count, count);
            QVERIFY(same(s.max, max) && same(s.min, min));
            QCOMPARE(s.sum, sum); // whole numbers: exact in float too
        }
    }

    void everyPixelReducesTheCellsItTouches()
    {
        const std::size_t rows = 37, columns = 501;
        const auto values = randomValues(rows * columns, 3, 0.1);
        const Pyramid pyramid(rows, columns, values);
        QRandomGenerator random(11);
        for (int i = 0; i < 60; ++i) {
            Pyramid::View view;
            view.left = random.generateDouble() * 300 - 20;
            view.right = view.left + 3 + random.generateDouble() * 400;
            view.top = random.generateDouble() * 20 - 3;
            view.bottom = view.top + 1 + random.generateDouble() * 30;
            view.width = 1 + random.bounded(90);
            view.height = 1 + random.bounded(40);
            for (const Reducer reducer : {Reducer::Max, Reducer::Mean, Reducer::Extreme}) {
                const auto image = pyramid.render(view, reducer, 500);
                for (std::size_t y = 0; y < view.height; ++y) {
                    for (std::size_t x = 0; x < view.width; ++x) {
                        const auto cells = [](double from, double to, std::size_t at, std::size_t n,
                                               std::size_t limit) {
                            const double step = (to - from) / double(n), a = from + double(at) * step,
                                         b = from + double(at + 1) * step;
                            int first = int(std::floor(a)), last = int(std::ceil(b));
                            if (b - a < 1)
                                last = 1 + (first = int(std::floor((a + b) / 2)));
                            return std::pair(std::max(first, 0), std::min(last, int(limit)));
                        };
                        const auto [c0, c1] = cells(view.left, view.right, x, view.width, columns);
                        const auto [r0, r1] = cells(view.top, view.bottom, y, view.height, rows);
                        float max = kNaN, min = kNaN;
                        double sum = 0;
                        int n = 0;
                        for (int r = r0; r < r1; ++r) {
                            for (int c = c0; c < c1; ++c) {
                                const float v = values[std::size_t(r) * columns + std::size_t(c)];
                                if (std::isnan(v))
                                    continue;
                                max = n ? std::max(max, v) : v;
                                min = n ? std::min(min, v) : v;
                                sum += v;
                                ++n;
                            }
                        }
                        const float wanted = n == 0    ? kNaN
                            : reducer == Reducer::Max  ? max
                            : reducer == Reducer::Mean ? float(sum / n)
                                                       : (max - 500 >= 500 - min ? max : min);
                        QVERIFY(same(image[y * view.width + x], wanted));
                    }
                }
            }
        }
    }

    void aSingleHotCellIsNeverLost_data()
    {
        QTest::addColumn<int>("columns");
        for (const int columns : {100, 4096, 65536})
            QTest::addRow("%d", columns) << columns;
    }
    void aSingleHotCellIsNeverLost()
    {
        QFETCH(int, columns);
        const std::size_t rows = 8, n = std::size_t(columns);
        QRandomGenerator random(5);
        for (int i = 0; i < 15; ++i) {
            std::vector<float> values(rows * n, 0);
            const std::size_t row = random.bounded(int(rows)), column = random.bounded(columns);
            values[row * n + column] = 1;
            const Pyramid pyramid(rows, n, std::move(values));
            for (const std::size_t width : {199u, 800u, 1600u}) {
                const auto image = pyramid.render({0, double(n), 0, double(rows), width, 7}, Reducer::Max);
                // Present, and at the place where it belongs.
                const std::size_t x =
                    std::min(width - 1, std::size_t((double(column) + 0.5) * double(width) / double(n)));
                bool found = false;
                for (std::size_t y = 0; y < 7; ++y)
                    for (std::size_t at = x > 0 ? x - 1 : 0; at <= std::min(width - 1, x + 1); ++at)
                        found = found || image[y * width + at] == 1;
                QVERIFY(found);
            }
        }
    }

    void extremeOnALogScaleTakesTheFartherSide()
    {
        const Pyramid pyramid(1, 3, {0.1f, 1.f, 4.f}); // 0.1 is 3.3 octaves below 1, 4 is 2 above
        QCOMPARE(pyramid.summarise(0, 1, 0, 3).reduced(Reducer::Extreme, 1, true), 0.1f);
        QCOMPARE(pyramid.summarise(0, 1, 0, 3).reduced(Reducer::Extreme, 1, false), 4.f);
    }

    void aMillionColumns()
    {
        const std::size_t columns = 1 << 20;
        const Pyramid pyramid(64, columns, std::vector<float>(64 * columns, 1.f));
        QElapsedTimer timer;
        timer.start();
        const auto image = pyramid.render({0, double(columns), 0, 64, 1600, 800}, Reducer::Max);
        QCOMPARE(image[0], 1.f);
        qInfo("64 x 1,048,576 at 1600 x 800: %lld ms", timer.elapsed());
    }
};

EXPERTSCOPE_TEST(TestPyramid)
#include "tst_pyramid.moc"
