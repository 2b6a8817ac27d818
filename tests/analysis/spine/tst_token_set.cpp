// SPDX-License-Identifier: GPL-3.0-or-later
//
// Sets of tokens against a plain list of flags.
#include "analysis/spine/token_set.h"
#include "tests/support/memory_trace.h"
#include "tests/support/test_main.h"

#include <QTest>

using namespace expertscope;
using namespace expertscope::testing;

namespace {

/// A set, and the same as flags.
struct Both
{
    TokenSet set;
    std::vector<bool> flags;

    explicit Both(std::uint64_t numTokens)
        : set(numTokens)
        , flags(numTokens)
    {
    }
    Both(std::uint64_t numTokens, std::uint64_t seed)
        : Both(numTokens)
    {
        for (std::uint64_t t = 0; t < numTokens; ++t) {
            if (mix(seed + t / (1 + seed % 70)) % 3 == 0)
                insert({TokenIndex(t), TokenIndex(t + 1)});
        }
    }

    void insert(TokenRange range)
    {
        if (range.size() == 1)
            set.insert(range.begin);
        else
            set.insert(range);
        std::fill(
            flags.begin() + std::ptrdiff_t(range.begin.value), flags.begin() + std::ptrdiff_t(range.end.value), true);
    }

    bool same() const
    {
        for (std::uint64_t t = 0; t < flags.size(); ++t) {
            if (set.has(TokenIndex(t)) != flags[t])
                return false;
        }
        return set.numTokens() == flags.size() && set.count() == std::uint64_t(std::ranges::count(flags, true));
    }
};

}

class TestTokenSet : public QObject
{
    Q_OBJECT
private slots:
    void rangesAndCounts_data()
    {
        QTest::addColumn<int>("numTokens");
        for (const int numTokens : {0, 1, 63, 64, 65, 127, 128, 200, 1000})
            QTest::addRow("%d tokens", numTokens) << numTokens;
    }
    void rangesAndCounts()
    {
        QFETCH(int, numTokens);
        const auto T = std::uint64_t(numTokens);
        QVERIFY(Both(T).same());
        for (std::uint64_t seed = 0; seed < 40; ++seed) {
            Both both(T, seed);
            QVERIFY(both.same());
            for (std::uint64_t i = 0; i < 60; ++i) {
                const std::uint64_t a = mix(seed * 100 + i) % (T + 1), b = a + mix(i) % (T + 1 - a);
                const TokenRange range{TokenIndex(a), TokenIndex(b)};
                const auto from = both.flags.begin() + std::ptrdiff_t(a), to = both.flags.begin() + std::ptrdiff_t(b);
                QCOMPARE(both.set.count(range), std::uint64_t(std::count(from, to, true)));
                QCOMPARE(both.set.next(range.begin, range.end).value,
                    std::uint64_t(std::find(from, to, true) - both.flags.begin()));
                QCOMPARE(both.set.nextGap(range.begin, range.end).value,
                    std::uint64_t(std::find(from, to, false) - both.flags.begin()));
                if (i % 10 == 0) {
                    both.insert(range);
                    QVERIFY(both.same());
                }
            }
        }
        Both all(T);
        all.insert({TokenIndex(0), TokenIndex(T)});
        QVERIFY(all.same());
        QCOMPARE(all.set.nextGap(TokenIndex(0), TokenIndex(T)), TokenIndex(T));
    }

    void setsOfSets()
    {
        for (const std::uint64_t T : {1u, 64u, 130u, 777u}) {
            for (std::uint64_t seed = 0; seed < 30; ++seed) {
                const Both a(T, seed), b(T, seed + 1000);
                Both united = a, shared = a, without = a;
                united.set.unite(b.set);
                shared.set.intersect(b.set);
                without.set.remove(b.set);
                for (std::uint64_t t = 0; t < T; ++t) {
                    united.flags[t] = a.flags[t] || b.flags[t];
                    shared.flags[t] = a.flags[t] && b.flags[t];
                    without.flags[t] = a.flags[t] && !b.flags[t];
                }
                QVERIFY(united.same() && shared.same() && without.same());
            }
        }
    }
};

EXPERTSCOPE_TEST(TestTokenSet)
#include "tst_token_set.moc"
