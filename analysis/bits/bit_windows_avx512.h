// SPDX-License-Identifier: GPL-3.0-or-later
//
// How often eight experts are chosen in each window of m tokens, for 64 windows at once (part of
// bit_kernels_avx512.cpp).
//
// Counts are kept bit-sliced: plane p of a count has bit p of the count of every window. Windows of 2, 4, 8, … tokens
// are the sums of two windows half as long, of which one lies half a window back; other lengths are sums of those.
#pragma once

#include "analysis/bits/bit_kernels.h"

#include <immintrin.h>

namespace expertscope::bits_avx512 {
namespace {

using u64 = std::uint64_t;
using Vector = __m512i;

/// Of eight lanes the first `n`, or all.
__mmask8 maskOf(std::size_t n) { return static_cast<__mmask8>(n >= 8 ? 0xff : (1u << n) - 1); }

constexpr unsigned kLevels = 10; ///< windows of 1, 2, 4, … kMostTurnedWindow tokens
constexpr unsigned kSlices = kLevels * (kLevels + 1) / 2; ///< the counts of level j have j + 1 planes
constexpr unsigned firstSlice(unsigned level) { return level * (level + 1) / 2; }
constexpr unsigned kStretch = 4; ///< groups between two looks at the histogram

/// Counts of all levels for a group of windows.
struct Slices
{
    Vector at[kSlices];
};

Vector sumOf(Vector a, Vector b, Vector c) { return _mm512_ternarylogic_epi64(a, b, c, 0x96); }
Vector carryOf(Vector a, Vector b, Vector c) { return _mm512_ternarylogic_epi64(a, b, c, 0xe8); }

/// The last groups' slices, by the number of the group.
class Ring
{
public:
    /// `size`: a power of two.
    Ring(Slices* slices, std::size_t size)
        : m_slices(slices)
        , m_mask(size - 1)
    {
    }
    Slices& operator[](std::size_t group) const { return m_slices[group & m_mask]; }

private:
    Slices* m_slices;
    std::size_t m_mask;
};

/// Slices of all levels for a group, given `half`: its counts of level `Level`, in registers and in the ring.
template <unsigned Level>
[[gnu::always_inline]] inline void addUp(
    const Ring& ring, std::size_t group, unsigned levels, const Vector (&half)[Level + 1])
{
    if constexpr (Level + 1 < kLevels) {
        if (Level + 1 >= levels)
            return;
        constexpr unsigned kBack = 1u << Level;
        const Vector* const then = ring[group - (kBack < 64 ? 1 : kBack / 64)].at + firstSlice(Level);
        Vector* const stored = ring[group].at + firstSlice(Level + 1);
        Vector whole[Level + 2];
        Vector carry = _mm512_setzero_si512();
#pragma GCC unroll 10
        for (unsigned p = 0; p <= Level; ++p) {
            Vector back = then[p];
            if constexpr (kBack < 64)
                back = _mm512_shldi_epi64(half[p], back, kBack);
            stored[p] = whole[p] = sumOf(half[p], back, carry);
            carry = carryOf(half[p], back, carry);
        }
        stored[Level + 1] = whole[Level + 1] = carry;
        addUp<Level + 1>(ring, group, levels, whole);
    }
}

/// The same from the group's plane.
void addUp(const Ring& ring, std::size_t group, unsigned levels, const u64* plane)
{
    const Vector chosen[1] = {_mm512_loadu_si512(plane)};
    ring[group].at[0] = chosen[0];
    addUp<0>(ring, group, levels, chosen);
}

/// A slice as it was any number of tokens up to kMostTurnedWindow earlier.
Vector earlierBy(unsigned back, const Ring& ring, std::size_t group, unsigned slice)
{
    const Vector words = ring[group - back / 64].at[slice];
    if (back % 64 == 0)
        return words;
    return _mm512_shldv_epi64(
        words, ring[group - back / 64 - 1].at[slice], _mm512_set1_epi64(int(back % 64)));
}

/// The count of a window of any length: at least three planes.
struct Count
{
    Vector at[kLevels];
};

constexpr unsigned planesOf(unsigned m)
{
    unsigned planes = 3;
    while (m >> planes)
        ++planes;
    return planes;
}

void addTogether(unsigned m, const Ring& ring, std::size_t group, Count& count)
{
    const Vector zero = _mm512_setzero_si512();
    unsigned back = 0;
    for (unsigned p = 0; p < kLevels; ++p)
        count.at[p] = zero;
    for (unsigned level = kLevels; level-- > 0;) {
        if (!(m >> level & 1))
            continue;
        Vector carry = zero;
        for (unsigned p = 0; p < kLevels; ++p) {
            const Vector more = p > level ? zero : earlierBy(back, ring, group, firstSlice(level) + p);
            const Vector sum = count.at[p];
            count.at[p] = sumOf(sum, more, carry);
            carry = carryOf(sum, more, carry);
        }
        back += 1u << level;
    }
}

bool any(Vector bits) { return _mm512_test_epi64_mask(bits, bits) != 0; }

/// Counts / 8, from the least to the greatest.
struct Eighths
{
    unsigned least = ~0u, most = 0;
};

/// A stretch of windows of one length.
struct Stretch
{
    const Vector* planes[kStretch]; ///< of the counts
    Vector counted[kStretch]; ///< 0 where there is no group; not all of them 0
};

template <unsigned High> Eighths eighthsOf(const Stretch& stretch)
{
    Vector high[kStretch], low[kStretch];
    for (unsigned v = 0; v < kStretch; ++v)
        high[v] = low[v] = stretch.counted[v];
    Eighths eighths{0, 0};
    for (unsigned p = 3 + High; p-- > 3;) {
        Vector with[kStretch], without[kStretch];
        for (unsigned v = 0; v < kStretch; ++v) {
            with[v] = _mm512_and_si512(high[v], stretch.planes[v][p]);
            without[v] = _mm512_andnot_si512(stretch.planes[v][p], low[v]);
        }
        const auto anyOf = [](const Vector(&bits)[kStretch]) {
            return any(_mm512_or_si512(_mm512_or_si512(bits[0], bits[1]), _mm512_or_si512(bits[2], bits[3])));
        };
        const bool greater = anyOf(with), less = anyOf(without);
        eighths.most = 2 * eighths.most + (greater ? 1 : 0);
        eighths.least = 2 * eighths.least + (less ? 0 : 1);
        const __mmask8 takeHigh = static_cast<__mmask8>(-int(greater)), takeLow = static_cast<__mmask8>(-int(less));
        for (unsigned v = 0; v < kStretch; ++v) {
            high[v] = _mm512_mask_mov_epi64(high[v], takeHigh, with[v]);
            low[v] = _mm512_mask_mov_epi64(low[v], takeLow, without[v]);
        }
    }
    return eighths;
}

/// Adds the windows of a stretch to the rows of their counts, which have 3 + High planes.
template <unsigned High> void addToRows(const Stretch& stretch, u64* rows)
{
    const Eighths range = eighthsOf<High>(stretch);
    for (unsigned eighth = range.least; eighth <= range.most; ++eighth) {
        u64* const to = rows + eighth * 8 * kLanes;
        Vector sums[8], off[High + 1];
        for (unsigned i = 0; i < 8; ++i)
            sums[i] = _mm512_loadu_si512(to + i * kLanes);
        for (unsigned p = 0; p < High; ++p)
            off[p] = _mm512_set1_epi64((eighth >> p & 1) ? 0 : -1);
#pragma GCC unroll 4
        for (unsigned v = 0; v < kStretch; ++v) {
            const Vector* const planes = stretch.planes[v];
            Vector here = stretch.counted[v];
            for (unsigned p = 0; p < High; ++p) // & the plane, or what it leaves
                here = _mm512_ternarylogic_epi64(here, planes[3 + p], off[p], 0x60);
            const Vector p0 = planes[0], p1 = planes[1];
            const Vector low = _mm512_andnot_si512(planes[2], here), high = _mm512_and_si512(planes[2], here);
            const auto add = [&sums](unsigned i, Vector windows) {
                sums[i] = _mm512_add_epi64(sums[i], _mm512_popcnt_epi64(windows));
            };
            add(0, _mm512_ternarylogic_epi64(low, p1, p0, 0x10));
            add(1, _mm512_ternarylogic_epi64(low, p1, p0, 0x20));
            add(2, _mm512_ternarylogic_epi64(low, p1, p0, 0x40));
            add(3, _mm512_ternarylogic_epi64(low, p1, p0, 0x80));
            add(4, _mm512_ternarylogic_epi64(high, p1, p0, 0x10));
            add(5, _mm512_ternarylogic_epi64(high, p1, p0, 0x20));
            add(6, _mm512_ternarylogic_epi64(high, p1, p0, 0x40));
            add(7, _mm512_ternarylogic_epi64(high, p1, p0, 0x80));
        }
        for (unsigned i = 0; i < 8; ++i)
            _mm512_storeu_si512(to + i * kLanes, sums[i]);
    }
}

using AddToRows = void (*)(const Stretch&, u64*);
constexpr AddToRows kAddToRows[] = {addToRows<0>, addToRows<1>, addToRows<2>, addToRows<3>, addToRows<4>,
    addToRows<5>, addToRows<6>, addToRows<7>};
static_assert(planesOf(kMostTurnedWindow) == 10);

bool isSliced(unsigned m) { return m >= 4 && (m & (m - 1)) == 0; }

/// One length, for the groups first..first + groups - 1 of a block, which are `at` and so on in the ring.
void addStretch(const WindowTask::Length& length, const Ring& ring, std::size_t first, unsigned groups, std::size_t at,
    u64* rows)
{
    const unsigned planes = planesOf(length.m);
    Count counts[kStretch];
    Stretch stretch;
    u64 all = 0;
    for (unsigned v = 0; v < kStretch; ++v) {
        const u64 counted = v < groups ? length.counted[first + v] : 0;
        all |= counted;
        stretch.counted[v] = _mm512_set1_epi64(static_cast<long long>(counted));
        if (v >= groups) {
            stretch.planes[v] = stretch.planes[0];
        } else if (isSliced(length.m)) {
            stretch.planes[v] = ring[at + v].at + firstSlice(planes - 1);
        } else {
            addTogether(length.m, ring, at + v, counts[v]);
            stretch.planes[v] = counts[v].at;
        }
    }
    if (all)
        kAddToRows[planes - 3](stretch, rows);
}

void windows(const WindowTask& task)
{
    constexpr std::size_t kMostBack = 2 * kGroupsBefore, kBack = 8; // irregular lengths look back further
    unsigned longest = 0;
    bool regular = true;
    for (std::size_t i = 0; i < task.numLengths; ++i) {
        longest = task.lengths[i].m > longest ? task.lengths[i].m : longest;
        regular &= isSliced(task.lengths[i].m);
    }
    unsigned levels = 1;
    while (longest >> levels)
        ++levels;
    Slices slices[kMostBack];
    const std::size_t ringSize = regular ? kBack : kMostBack;
    const Ring ring(slices, ringSize);
    const std::size_t stride = task.sets.stride;
    for (std::size_t e = 0; e < task.numExperts; e += kLanes) {
        for (std::size_t g = 0; g < ringSize; ++g) {
            for (unsigned s = 0; s < firstSlice(levels); ++s)
                slices[g].at[s] = _mm512_setzero_si512();
        }
        std::size_t number = kMostBack; // of the next group, so that there are numbers before it
        for (unsigned g = 0; task.before && g < kGroupsBefore; ++g, ++number)
            addUp(ring, number, levels, task.before + g * stride + e);
        for (std::size_t g = 0; g < task.sets.groups; g += kStretch, number += kStretch) {
            const std::size_t left = task.sets.groups - g;
            const unsigned groups = left < kStretch ? unsigned(left) : kStretch;
            for (unsigned v = 0; v < groups; ++v)
                addUp(ring, number + v, levels, task.sets.words + (g + v) * stride + e);
            for (std::size_t i = 0; i < task.numLengths; ++i) {
                const WindowTask::Length& length = task.lengths[i];
                u64* const rows = length.histogram + e * WindowTask::histogramRows(length.m);
                addStretch(length, ring, g, groups, number, rows);
            }
        }
    }
}

}
}
