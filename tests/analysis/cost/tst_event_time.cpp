// SPDX-License-Identifier: GPL-3.0-or-later
#include "machines.h"
#include "tests/support/test_main.h"

#include <QtTest>

using namespace expertscope::cost;
using namespace expertscope::testing;

namespace {

/// Equal but for rounding.
bool same(double a, double b)
{
    return std::abs(a - b) <= 1e-12 * std::max({std::abs(a), std::abs(b), 1e-3});
}

}

class TestEventTime : public QObject
{
    Q_OBJECT

private slots:
    void byHand_data()
    {
        QTest::addColumn<int>("level");
        QTest::addColumn<bool>("cpu");
        QTest::addColumn<int>("misses");
        QTest::addColumn<double>("ms"); // of an event with 4 experts
        QTest::addColumn<int>("loaded");
        QTest::newRow("all resident") << 2 << false << 0 << 4. << 0;
        QTest::newRow("serial") << 1 << false << 2 << 24. << 2; // 4 x 1 + 2 x 10
        QTest::newRow("overlap") << 2 << false << 2 << 21. << 2; // the second arrives at 20
        QTest::newRow("serial, CPU") << 1 << true << 2 << 10. << 0; // 2 x 1 + 2 x 4
        QTest::newRow("overlap, CPU runs both") << 2 << true << 2 << 8. << 0; // done at 4 and 8, a load at 11
        QTest::newRow("overlap, CPU and link") << 2 << true << 3 << 11. << 1; // third: 12 on the CPU, 11 over the link
        QTest::newRow("overlap, CPU goes on") << 2 << true << 4 << 12. << 1; // fourth: 12 on the CPU, 21 over the link
    }
    void byHand()
    {
        QFETCH(int, level);
        QFETCH(bool, cpu);
        QFETCH(int, misses);
        QFETCH(double, ms);
        QFETCH(int, loaded);
        const EventTime time =
            eventTime(handMachine(cpu), handModel(), Level(level), 4, 1, static_cast<std::uint32_t>(misses));
        QVERIFY2(same(time.seconds, ms * 1e-3), qPrintable(QString::number(time.seconds)));
        QVERIFY(same(time.extra, (ms - 4) * 1e-3));
        QCOMPARE(int(time.loaded), loaded);
    }

    void formulas()
    {
        QCOMPARE(expertBytes(4096, 14336, 16), 352321536.0); // Mixtral 8x7B: 176 M parameters, 352 MB in bf16
        QCOMPARE(expertBytes(2880, 2880, 4.25), 13219200.0); // gpt-oss: 13 MB in MXFP4
        QCOMPARE(expertFlops(2048, 768), 2 * 3 * 2048. * 768);
        Machine machine = handMachine(false);
        machine.link.latency = 1e-3;
        QVERIFY(same(loadSeconds(machine, handModel()), 11e-3));
        Model model = handModel();
        model.expertFlops = 3e6;
        machine.gpu.flopsPerSecond = 1e9; // 3 ms a token
        QVERIFY(same(expertSeconds(machine.gpu, model), 3e-3));
        QVERIFY(same(expertSeconds(machine.gpu, model, 2.5), 7.5e-3));
        QVERIFY(same(expertSeconds(machine.gpu, model, .1), 1e-3)); // memory again
        QVERIFY(same(denseSecondsASite(machine, model, 1, 3), 2e-3));
        model.denseSeconds.reset();
        model.denseBytes = 20e6;
        model.denseFlops = 1e6;
        QVERIFY(same(denseSeconds(machine, model), 2e-3));
        QVERIFY(same(denseSeconds(machine, model, 5), 5e-3));
    }

    /// On machines of all proportions: the closed forms, the timetable, and what must hold.
    void closedFormsAndTimetables()
    {
        int onBoth = 0;
        for (const double load : {0., .1, .9, 1., 1.7, 3., 10., 40.}) {
            for (const double c : {0., .3, 1., 4., 9.5, 100.}) { // 0: no CPU lane
                for (const bool copies : {true, false}) {
                    Machine machine;
                    machine.link = {"", 1 / (.75 * load), .25 * load};
                    machine.gpu.bytesPerSecond = 1;
                    if (c > 0)
                        machine.cpu = Processor{"", 1 / c, 1e30};
                    machine.copiesWhileComputing = copies;
                    Model model;
                    model.expertBytes = 1;
                    for (std::uint32_t s = 0; s <= 9; ++s) {
                        double lessMisses[3] = {};
                        for (std::uint32_t m = 0; m <= s; ++m) {
                            for (const Level level : {Level::Serial, Level::Overlap}) {
                                const EventTime time = eventTime(machine, model, level, s, 1, m);
                                const auto [seconds, loaded] = naiveEvent(machine, model, level, s, m, 1);
                                QVERIFY(same(time.seconds, seconds));
                                QVERIFY(same(time.extra, seconds - s));
                                QCOMPARE(time.loaded, loaded);
                                onBoth += loaded > 0 && loaded < m;
                                if (c == 0) {
                                    const double closed = level == Level::Serial || !copies ? s + m * load
                                        : m == 0                                            ? double(s)
                                                 : std::max({double(s), load + m, m * load + 1});
                                    QVERIFY(same(time.seconds, closed));
                                    QVERIFY(time.seconds >= s); // nothing is faster than all resident
                                }
                                // One more miss never helps; with a CPU lane it may, which relieves the GPU.
                                if (c == 0)
                                    QVERIFY(time.seconds >= lessMisses[int(level)] - 1e-12);
                                lessMisses[int(level)] = time.seconds;
                            }
                            QVERIFY(lessMisses[2] <= lessMisses[1] + 1e-12); // overlap is never slower
                        }
                    }
                }
            }
        }
        QVERIFY(onBoth > 100);
    }

    void fractionsAndFewerThanMisses()
    {
        const Machine machine = handMachine(false);
        QVERIFY(same(eventTime(machine, handModel(), Level::Serial, 2.5, 1, 1).seconds, 12.5e-3));
        QVERIFY(same(eventTime(machine, handModel(), Level::Serial, 1.5, 1, 3).seconds, 33e-3)); // as 3 experts
    }
};

EXPERTSCOPE_TEST(TestEventTime)
#include "tst_event_time.moc"
