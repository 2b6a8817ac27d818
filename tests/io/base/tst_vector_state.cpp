// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/base/vector_state.h"
#include "io/base/workers.h"
#include "tests/support/test_main.h"

#include <QTest>

#if defined(__x86_64__) && defined(__GNUC__)
#include <cpuid.h>
#include <immintrin.h>
#endif

using namespace expertscope;

namespace {

#if defined(__x86_64__) && defined(__GNUC__)

/// Whether the processor says which registers are in use.
bool canTell()
{
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    return __builtin_cpu_supports("avx") && __get_cpuid_count(0xD, 1, &eax, &ebx, &ecx, &edx) && (eax & 4);
}
bool inUse()
{
    unsigned low = 0, high = 0;
    asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(1));
    return low & 4;
}
void use()
{
    asm volatile("vpcmpeqd %%xmm7, %%xmm7, %%xmm7; vinsertf128 $1, %%xmm7, %%ymm7, %%ymm7" ::: "xmm7");
}

#else

bool canTell() { return false; }
bool inUse() { return false; }
void use() { }

#endif

}

class TestVectorState : public QObject
{
    Q_OBJECT
private slots:
    void init()
    {
        if (!canTell())
            QSKIP("this processor does not tell");
    }

    void itIsGivenBack()
    {
        use();
        const bool before = inUse();
        freeUpperHalves();
        const bool after = inUse();
        QVERIFY(before);
        QVERIFY(!after);
    }

    void workersBeginWithoutIt()
    {
        std::atomic<int> users = 0;
        Workers workers;
        use();
        workers.start(3, [&](unsigned) { users += inUse(); });
        workers.join();
        freeUpperHalves();
        QCOMPARE(users.load(), 0);
    }
};

EXPERTSCOPE_TEST(TestVectorState)
#include "tst_vector_state.moc"
