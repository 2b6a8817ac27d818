// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/test_main.h"
#include "views/paint/axis_ticks.h"

#include <QTest>

#include <cmath>

using namespace expertscope;

namespace {

using Scale = Axis::Scale;

QStringList labels(const std::vector<Tick>& ticks)
{
    QStringList list;
    for (const Tick& t : ticks)
        list << t.label;
    return list;
}

std::vector<int> upTo(int count, int first = 0)
{
    std::vector<int> names;
    for (int i = 0; i < count; ++i)
        names.push_back(first + i);
    return names;
}

}

class TestAxisTicks : public QObject
{
    Q_OBJECT

private slots:
    void theLastCellIsNamed()
    {
        QCOMPARE(labels(cellTicks(upTo(32), -0.5, 31.5, 11)),
            QStringList({"0", "4", "8", "12", "16", "20", "24", "28", "31"}));
        QCOMPARE(labels(cellTicks(upTo(94), -0.5, 93.5, 13)).last(), QString("93"));
        QCOMPARE(labels(cellTicks(upTo(6), -0.5, 5.5, 20)), QStringList({"0", "1", "2", "3", "4", "5"}));
        QCOMPARE(
            labels(cellTicks(upTo(27, 1), -0.5, 26.5, 12)), QStringList({"1", "4", "8", "12", "16", "20", "24", "27"}));
        // Not where the last cell is out of sight.
        QCOMPARE(labels(cellTicks(upTo(64), 0, 40, 6)), QStringList({"0", "8", "16", "24", "32", "40"}));
        QVERIFY(cellTicks({}, 0, 1, 5).empty());
        QCOMPARE(labels(cellTicks(upTo(400), -0.5, 399.5, 10, true)),
            QStringList({"0", "50", "100", "150", "200", "250", "300", "350", "399"}));
        QCOMPARE(labels(cellTicks(upTo(70), -0.5, 69.5, 4, true)), QStringList({"0", "20", "40", "69"}));
        QCOMPARE(labels(wordTicks({"a", "b", "c", "d"}, -0.5, 3.5, 4)), QStringList({"a", "b", "c", "d"}));
        QCOMPARE(labels(wordTicks({"a", "b", "c", "d"}, -0.5, 3.5, 2)), QStringList({"a", "c"}));
    }

    void whatAPersonWouldChoose()
    {
        QCOMPARE(
            labels(numberTicks(Scale::Linear, false, 0, 100, 5)), QStringList({"0", "20", "40", "60", "80", "100"}));
        QCOMPARE(labels(numberTicks(Scale::Linear, false, -1, 1, 4)),
            QStringList({QString::fromUtf8("−1"), QString::fromUtf8("−0.5"), "0", "0.5", "1"}));
        QCOMPARE(labels(numberTicks(Scale::Linear, true, -0.2, 5.2, 9)), QStringList({"0", "1", "2", "3", "4", "5"}));
        QCOMPARE(labels(numberTicks(Scale::Linear, true, 0, 64, 9)),
            QStringList({"0", "8", "16", "24", "32", "40", "48", "56", "64"}));
        QCOMPARE(labels(numberTicks(Scale::Linear, true, 0, 3, 9)), QStringList({"0", "1", "2", "3"}));
        QCOMPARE(
            labels(numberTicks(Scale::Log2, false, 1, 64, 9)), QStringList({"1", "2", "4", "8", "16", "32", "64"}));
        QCOMPARE(labels(numberTicks(Scale::Log10, false, 0.5, 2000, 9)), QStringList({"1", "10", "100", "1000"}));
        QCOMPARE(labels(numberTicks(Scale::Log10, false, 1e-6, 1e-2, 9)),
            QStringList({"1e-6", "1e-5", "1e-4", "0.001", "0.01"})); // set as powers by the axis
        for (const Scale scale : {Scale::Linear, Scale::Log2, Scale::Log10}) {
            QVERIFY(numberTicks(scale, false, 3, 3, 5).empty());
            QVERIFY(numberTicks(scale, false, std::nan(""), 1, 5).empty());
        }
        QVERIFY(numberTicks(Scale::Log10, false, -1, 10, 5).empty());
    }

    void logAxesAreTickedAsAPersonWould()
    {
        QCOMPARE(labels(numberTicks(Scale::Log10, false, 0.3, 12, 9)), QStringList({"0.5", "1", "2", "5", "10"}));
        QCOMPARE(labels(numberTicks(Scale::Log10, false, 0.3, 12, 4)), QStringList({"0.3", "1", "3", "10"}));
        QCOMPARE(labels(numberTicks(Scale::Log10, false, 1, 300, 9)),
            QStringList({"1", "2", "5", "10", "20", "50", "100", "200"}));
        QCOMPARE(labels(numberTicks(Scale::Log10, false, 1, 300, 4)), QStringList({"1", "10", "100"}));
        QCOMPARE(labels(numberTicks(Scale::Log10, false, 1, 3, 5)), QStringList({"1", "1.5", "2", "2.5", "3"}));
        QCOMPARE(labels(numberTicks(Scale::Log2, false, 0.3, 0.9, 4)), QStringList({"0.4", "0.6", "0.8"}));
        QCOMPARE(labels(numberTicks(Scale::Log2, false, 0.25, 2, 6)), QStringList({"1/4", "1/2", "1", "2"}));
        for (const double low : {0.03, 0.3, 0.5, 0.93, 1., 7.}) {
            for (const double times : {1.3, 3., 10., 30., 90., 300., 3000.}) {
                for (int most = 3; most < 10; ++most) {
                    const auto [from, to] = roundRange(Scale::Log10, low, low * times);
                    const auto ticks = numberTicks(Scale::Log10, false, from, to, most);
                    QVERIFY2(ticks.size() >= 2 && int(ticks.size()) <= most + 3,
                        qPrintable(
                            QString("%1 to %2, %3: %4").arg(from).arg(to).arg(most).arg(labels(ticks).join(' '))));
                    for (const Tick& t : ticks)
                        QVERIFY2(t.label.size() <= 6, qPrintable(t.label));
                }
            }
        }
    }

    void noCrookedTicks()
    {
        // A narrow scale about 1: round values, never 0.5946 or 1.189.
        for (const double reach : {1.1, 1.25, 1.5, 2., 4., 8., 16.}) {
            const ColourScale scale{{}, ScaleKind::Log2, 1 / reach, reach};
            for (int most = 2; most < 12; ++most) {
                const auto ticks = scaleTicks(scale, most, false, false);
                QVERIFY(!ticks.empty() && int(ticks.size()) <= most + 1);
                bool one = false;
                for (const Tick& t : ticks) {
                    QVERIFY2(t.label.size() <= 4, qPrintable(t.label));
                    one = one || t.label == "1";
                }
                QVERIFY(one);
            }
        }
    }

    void anEndThatCutsIsNamed()
    {
        const ColourScale scale{{}, ScaleKind::Log2, 1 / 1.1, 1.1};
        const auto ticks = labels(scaleTicks(scale, 6, true, true));
        QCOMPARE(ticks.first(), QString::fromUtf8("≤0.909"));
        QCOMPARE(ticks.last(), QString::fromUtf8("≥1.1"));
    }

    void rangesAreRoundAndHoldTheData()
    {
        QCOMPARE(roundRange(Scale::Linear, 0.1, 5.9), std::pair(0.0, 8.0));
        QCOMPARE(roundRange(Scale::Linear, 90, 98), std::pair(90.0, 98.0));
        QCOMPARE(roundRange(Scale::Linear, -3, 8), std::pair(-5.0, 10.0));
        const double inf = std::numeric_limits<double>::infinity();
        for (const Scale scale : {Scale::Linear, Scale::Log2, Scale::Log10}) {
            for (const auto& [low, high] :
                {std::pair(0.1, 70.), std::pair(3., 3.), std::pair(inf, -inf), std::pair(0., 0.), std::pair(-5., 2.)}) {
                const auto range = roundRange(scale, low, high);
                QVERIFY(range.first < range.second && std::isfinite(range.first) && std::isfinite(range.second));
                QVERIFY(scale == Scale::Linear || range.first > 0);
                if (scale == Scale::Linear && low <= high)
                    QVERIFY(range.first <= low && range.second >= high);
            }
        }
    }
};

EXPERTSCOPE_TEST(TestAxisTicks)
#include "tst_axis_ticks.moc"
