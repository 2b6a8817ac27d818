// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/base/cpu_level.h"
#include "tests/support/test_main.h"

#include <QTest>

using namespace expertscope;

class TestCpuLevel : public QObject
{
    Q_OBJECT
private slots:
    void theMostDemandingTableThatIsAllowed()
    {
        static constexpr int a = 0, b = 1, c = 2;
        const TableFor<int> one[] = {{CpuLevel::Avx512Bits, &a}};
        QCOMPARE(numAllowed(one), std::size_t(1)); // the first one always
        QCOMPARE(bestFor(one), 0);
        const TableFor<int> some[] = {{CpuLevel::Baseline, &a}, {CpuLevel::Avx2, &b}, {CpuLevel::Avx512Bits, &c}};
        const int expected = cpuLevel() >= CpuLevel::Avx512Bits ? 2 : cpuLevel() >= CpuLevel::Avx2 ? 1 : 0;
        QCOMPARE(bestFor(some), expected);
        QCOMPARE(numAllowed(some), std::size_t(expected) + 1);
    }

    /// What the environment asks for, in an executable of its own: the level is found out once.
    void lessOnRequest()
    {
        const QByteArray asked = qgetenv("EXPERTSCOPE_CPU_KERNELS");
        if (asked == "baseline")
            QCOMPARE(cpuLevel(), CpuLevel::Baseline);
        else if (asked == "avx2")
            QVERIFY(cpuLevel() <= CpuLevel::Avx2);
        else if (asked == "avx512")
            QVERIFY(cpuLevel() <= CpuLevel::Avx512);
    }
};

EXPERTSCOPE_TEST(TestCpuLevel)
#include "tst_cpu_level.moc"
