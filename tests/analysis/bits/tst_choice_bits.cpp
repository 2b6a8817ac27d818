// SPDX-License-Identifier: GPL-3.0-or-later
//
// Choices as bits: every kernel that this CPU can run against plain restatements.
#include "analysis/bits/bit_kernels.h"
#include "analysis/bits/choice_bits.h"
#include "io/base/splitmix.h"
#include "tests/support/test_main.h"

#include <QTest>

#include <algorithm>
#include <bit>

using namespace expertscope;

namespace {

std::vector<std::uint64_t> randomWords(SplitMix& random, std::size_t n)
{
    std::vector<std::uint64_t> words(n);
    for (std::uint64_t& word : words)
        word = random.next() & random.next();
    return words;
}

bool bit(const std::vector<std::uint64_t>& words, std::size_t i)
{
    return words[i / 64] >> (i % 64) & 1;
}

/// A block of random choices: even and distinct, or with empty slots and ids named twice.
struct RandomBlock
{
    RandomBlock(std::uint64_t seed, std::uint32_t tokens, std::uint16_t experts, std::uint16_t k, bool even)
        : ids(std::size_t(tokens) * k)
    {
        SplitMix random(seed);
        for (std::size_t t = 0; t < tokens; ++t) {
            std::uint16_t* const row = &ids[t * k];
            for (std::size_t r = 0; r < k;) {
                row[r] = static_cast<std::uint16_t>(random.next() % experts);
                if (!even && random.next() % 5 == 0)
                    row[r] = kNoExpert;
                if (!even || std::find(row, row + r, row[r]) == row + r)
                    ++r;
            }
        }
        block.numTokens = tokens;
        block.numSlots = k;
        block.numExperts = experts;
        block.evenSlots = even ? k : std::uint16_t(0);
        block.expertIds = ids;
    }

    bool chose(std::size_t token, std::size_t expert) const
    {
        const auto row = ids.begin() + std::ptrdiff_t(token * block.numSlots);
        return std::find(row, row + block.numSlots, expert) != row + block.numSlots;
    }

    std::vector<std::uint16_t> ids;
    Block block;
};

}

class TestChoiceBits : public QObject
{
    Q_OBJECT
private slots:
    void setsPlainAndTurned_data();
    void setsPlainAndTurned();
    void aTokenThatNamesAnExpertTwiceIsNotPlain();
    void runMask();
    void kernels_data();
    void kernels();
    void windows_data();
    void windows();
};

void TestChoiceBits::setsPlainAndTurned_data()
{
    QTest::addColumn<unsigned>("tokens");
    QTest::addColumn<unsigned>("experts");
    QTest::addColumn<unsigned>("chosen");
    QTest::addColumn<bool>("even");
    for (const unsigned tokens : {0u, 1u, 63u, 64u, 511u, 512u, 1300u}) {
        for (const unsigned experts : {1u, 8u, 60u, 64u, 65u, 256u, 300u}) {
            for (const unsigned chosen : {1u, 2u, 8u, 11u}) {
                for (const bool even : {true, false}) {
                    if (chosen <= experts)
                        QTest::addRow("%u of %u, %u tokens, %s", chosen, experts, tokens, even ? "even" : "ragged")
                            << tokens << experts << chosen << even;
                }
            }
        }
    }
}

void TestChoiceBits::setsPlainAndTurned()
{
    QFETCH(unsigned, tokens);
    QFETCH(unsigned, experts);
    QFETCH(unsigned, chosen);
    QFETCH(bool, even);
    ChoiceBits bits;
    bits.reset(RandomBlock(1, 2000, 100, 3, true).block); // memory used before
    bits.reset(Block());
    const RandomBlock random(
        tokens * 1000 + experts, tokens, std::uint16_t(experts), std::uint16_t(chosen), even);
    bits.reset(random.block);
    QCOMPARE(bits.words(), (experts + 63) / 64);
    QCOMPARE(bits.sets().size(), std::size_t(tokens) * bits.words());
    QCOMPARE(bits.plain(), even);
    const TurnedSets turned = bits.turned();
    QCOMPARE(turned.groups, std::size_t(tokens + 63) / 64);
    QCOMPARE(turned.stride, std::size_t(64) * bits.words());
    std::vector<std::uint64_t> middle(experts), expected(experts);
    for (std::size_t e = 0; e < 64 * bits.words(); ++e) {
        for (std::size_t t = 0; t < tokens; ++t) {
            const bool chose = e < experts && random.chose(t, e);
            QCOMPARE(bool(bits.set(t)[e / 64] >> (e % 64) & 1), chose);
            QCOMPARE(bool(turned.words[t / 64 * turned.stride + e] >> (t % 64) & 1), chose);
            if (chose && t >= tokens / 3 && t < tokens - tokens / 5)
                ++expected[e];
        }
        for (std::size_t t = tokens; t < 64 * turned.groups; ++t)
            QVERIFY(!(turned.words[t / 64 * turned.stride + e] >> (t % 64) & 1));
    }
    bits.count(tokens / 3, tokens - tokens / 5, middle.data());
    QCOMPARE(middle, expected);
}

void TestChoiceBits::aTokenThatNamesAnExpertTwiceIsNotPlain()
{
    RandomBlock random(7, 100, 64, 8, true);
    random.ids[50 * 8 + 3] = random.ids[50 * 8];
    ChoiceBits bits;
    bits.reset(random.block);
    QVERIFY(!bits.plain());
    QCOMPARE(sizeOfSet(bits.set(50), 1), 7u);
}

void TestChoiceBits::runMask()
{
    const std::vector<SequenceRun> runs{{{}, 3, 2, 0}, {{}, 60, 10, 0}, {{}, 64 * 3, 64 * 2, 0}, {{}, 400, 1, 0}};
    Block block;
    block.numTokens = 512;
    block.runs = runs;
    const RunMask mask(block);
    QCOMPARE(mask.tokens(), std::uint64_t(2 + 10 + 128 + 1));
    for (std::size_t t = 0; t < 512; ++t) {
        const bool there = std::ranges::any_of(
            runs, [t](const SequenceRun& run) { return t >= run.begin && t < run.begin + run.length; });
        QCOMPARE(bool(mask.bits()[t / 64] >> (t % 64) & 1), there);
    }
}

void TestChoiceBits::kernels_data()
{
    QTest::addColumn<unsigned>("kernel");
    for (unsigned i = 0; i < numBitKernels(); ++i)
        QTest::newRow(bitKernels(i).name) << i;
}

void TestChoiceBits::kernels()
{
    QFETCH(unsigned, kernel);
    const BitKernels& kernels = bitKernels(kernel);
    SplitMix random(3);
    // turn
    for (const std::size_t stride : {1u, 3u}) {
        const auto sets = randomWords(random, 64 * stride);
        std::vector<std::uint64_t> turned(64);
        kernels.turn(sets.data(), stride, turned.data());
        for (std::size_t t = 0; t < 64; ++t) {
            for (std::size_t e = 0; e < 64; ++e)
                QCOMPARE(bit(turned, e * 64 + t), bit(sets, t * stride * 64 + e));
        }
    }
    // pairs, also of numbers that tiles do not divide
    for (const unsigned A : {1u, 7u, 64u, 70u}) {
        for (const unsigned B : {3u, 8u, 21u, 64u, 130u}) {
            const std::size_t groups = 35, strideA = (A + 63) / 64 * 64, strideB = (B + 63) / 64 * 64;
            const auto from = randomWords(random, groups * strideA), to = randomWords(random, groups * strideB);
            const auto wanted = randomWords(random, groups);
            std::vector<std::uint32_t> cells(A * B, 5), within(A * A, 7);
            kernels.pairs({from.data(), groups, strideA}, A, {to.data(), groups, strideB}, B, wanted.data(), cells.data(), false);
            const TurnedSets own{from.data(), groups, strideA};
            kernels.pairs(own, A, own, A, wanted.data(), within.data(), true);
            const auto both = [&](std::size_t i, const auto& y, std::size_t strideY, std::size_t j) {
                int count = 0;
                for (std::size_t g = 0; g < groups; ++g)
                    count += std::popcount(from[g * strideA + i] & y[g * strideY + j] & wanted[g]);
                return unsigned(count);
            };
            for (unsigned i = 0; i < A; ++i) {
                for (unsigned j = 0; j < B; ++j)
                    QCOMPARE(cells[i * B + j], 5 + both(i, to, strideB, j));
                for (unsigned j = i; j < A; ++j)
                    QCOMPARE(within[i * A + j], 7 + both(i, from, strideA, j));
            }
        }
    }
    // overlaps
    for (const unsigned words : {1u, 2u, 4u}) {
        for (const std::size_t n : {0u, 1u, 2u, 65u, 200u}) {
            const auto sets = randomWords(random, n * words);
            std::vector<std::uint64_t> histogram(64 * words + 1, 2), expected = histogram;
            kernels.overlaps(sets.data(), n, words, histogram.data());
            for (std::size_t t = 1; t < n; ++t) {
                unsigned shared = 0;
                for (std::size_t i = 0; i < 64 * words; ++i)
                    shared += bit(sets, (t - 1) * words * 64 + i) && bit(sets, t * words * 64 + i);
                ++expected[shared];
            }
            QCOMPARE(histogram, expected);
        }
    }
    // counts
    for (const std::size_t groups : {1u, 2u, 17u}) {
        const std::size_t stride = 128;
        const auto words = randomWords(random, groups * stride);
        const std::uint64_t head = ~std::uint64_t(0) << 13, tail = ~std::uint64_t(0) >> 9;
        for (const unsigned E : {3u, 70u, 128u}) {
            std::vector<std::uint64_t> counts(E, 1), expected(E, 1);
            kernels.counts({words.data(), groups, stride}, E, head, tail, counts.data());
            for (unsigned e = 0; e < E; ++e) {
                for (std::size_t t = 13; t < 64 * groups - 9; ++t)
                    expected[e] += words[t / 64 * stride + e] >> (t % 64) & 1;
            }
            QCOMPARE(counts, expected);
        }
    }
    // touched
    for (const unsigned words : {1u, 3u}) {
        const std::size_t n = 21, m = 5;
        const auto sets = randomWords(random, n * words);
        auto masks = randomWords(random, m * words);
        for (std::uint64_t& mask : masks)
            mask &= random.next() & random.next() & random.next();
        std::uint64_t expected = 0;
        for (std::size_t t = 0; t < n; ++t) {
            for (std::size_t i = 0; i < m; ++i) {
                bool any = false;
                for (std::size_t e = 0; e < 64 * words; ++e)
                    any |= bit(sets, t * words * 64 + e) && bit(masks, i * words * 64 + e);
                expected += any;
            }
        }
        QCOMPARE(kernels.touched(sets.data(), n, words, masks.data(), m), expected);
        QVERIFY(expected > 0 && expected < n * m);
    }
    // anyFrom, cells
    for (const std::size_t n : {0u, 1u, 40u, 77u}) {
        std::vector<std::uint16_t> rows, columns;
        std::vector<std::uint32_t> cells(n), expected;
        for (std::size_t i = 0; i < n; ++i) {
            rows.push_back(static_cast<std::uint16_t>(random.next() % 1024));
            columns.push_back(static_cast<std::uint16_t>(random.next() % 1024));
            expected.push_back(rows[i] * 1024u + columns[i]);
        }
        kernels.cells(rows.data(), columns.data(), n, 1024, cells.data());
        QCOMPARE(cells, expected);
        QVERIFY(!kernels.anyFrom(rows.data(), n, 1024));
        if (n) {
            rows.back() = 1024;
            QVERIFY(kernels.anyFrom(rows.data(), n, 1024));
            QVERIFY(!kernels.anyFrom(rows.data(), n, 1025));
        }
    }
    // sets and their size
    for (const unsigned words : {1u, 2u, 3u}) {
        for (const unsigned k : {1u, 8u, 10u}) {
            const RandomBlock block(words * 100 + k, 77, std::uint16_t(64 * words), std::uint16_t(k), true);
            std::vector<std::uint64_t> sets(77 * words);
            kernels.sets(block.ids.data(), 77, k, k, words, sets.data());
            for (std::size_t t = 0; t < 77; ++t) {
                for (std::size_t e = 0; e < 64 * words; ++e)
                    QCOMPARE(bit(sets, t * 64 * words + e), block.chose(t, e));
            }
            QVERIFY(kernels.allOfSize(sets.data(), 77, words, k));
            sets[76 * words] ^= 1;
            QVERIFY(!kernels.allOfSize(sets.data(), 77, words, k));
        }
    }
}

void TestChoiceBits::windows_data()
{
    QTest::addColumn<unsigned>("kernel");
    QTest::addColumn<unsigned>("often"); ///< of 16 tokens
    for (unsigned i = 0; i < numBitKernels(); ++i) {
        for (const unsigned often : {0u, 1u, 8u, 15u, 16u})
            QTest::addRow("%s, %u of 16", bitKernels(i).name, often) << i << often;
    }
}

void TestChoiceBits::windows()
{
    QFETCH(unsigned, kernel);
    QFETCH(unsigned, often);
    SplitMix random(often);
    for (const std::size_t groups : {1u, 4u, 7u, 30u}) {
        const std::size_t E = 64, tokens = 64 * (kGroupsBefore + groups); // with those before
        std::vector<std::uint64_t> words((kGroupsBefore + groups) * E);
        for (std::size_t t = 0; t < tokens; ++t) {
            for (std::size_t e = 0; e < E; ++e) // some experts are chosen more often
                words[t / 64 * E + e] |= std::uint64_t(random.next() % 16 < (often + e % 3) % 17) << (t % 64);
        }
        for (const bool before : {true, false}) {
            const auto chosen = [&](std::size_t e, std::size_t t) {
                return (before || t >= kMostTurnedWindow) && (words[t / 64 * E + e] >> (t % 64) & 1);
            };
            for (const std::vector<unsigned>& lengths :
                {std::vector<unsigned>{4, 16, 64, 256}, {1, 2, 3, 4, 7, 10, 63, 65, 128, 129, 255, 300, 384, 511, 512}}) {
                std::vector<WindowTask::Length> tasks;
                std::vector<std::vector<std::uint64_t>> counted, histograms;
                for (const unsigned m : lengths) {
                    counted.push_back(randomWords(random, groups));
                    histograms.emplace_back(E * WindowTask::histogramRows(m), 3);
                    tasks.push_back({m, counted.back().data(), histograms.back().data()});
                }
                bitKernels(kernel).windows({{words.data() + kGroupsBefore * E, groups, E}, E,
                    before ? words.data() : nullptr, tasks.data(), tasks.size()});
                for (std::size_t i = 0; i < lengths.size(); ++i) {
                    const std::size_t m = lengths[i];
                    std::vector<std::uint64_t> expected(histograms[i].size(), 3);
                    for (std::size_t e = 0; e < E; ++e) {
                        std::size_t count = 0;
                        for (std::size_t t = kMostTurnedWindow - m; t < kMostTurnedWindow; ++t)
                            count += chosen(e, t);
                        for (std::size_t t = kMostTurnedWindow; t < tokens; ++t) {
                            count += chosen(e, t);
                            count -= chosen(e, t - m);
                            const std::size_t row = e / kLanes * WindowTask::histogramRows(m) + count;
                            expected[row * kLanes + e % kLanes] += bit(counted[i], t - kMostTurnedWindow);
                        }
                    }
                    QCOMPARE(histograms[i], expected);
                }
            }
        }
    }
}

EXPERTSCOPE_TEST(TestChoiceBits)
#include "tst_choice_bits.moc"
