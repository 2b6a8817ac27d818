// SPDX-License-Identifier: GPL-3.0-or-later
//
// How often an expert is chosen in each window of m tokens, for 512 windows at once (part of bit_kernels_avx512.cpp).
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

/// Sums of the lanes of from(0)..from(7), by lane.
template <class From> Vector sumOfEach(From from)
{
    const auto two = [](Vector a, Vector b) {
        return _mm512_add_epi64(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
    };
    const auto four = [](Vector a, Vector b) {
        return _mm512_add_epi64(_mm512_shuffle_i64x2(a, b, 0x88), _mm512_shuffle_i64x2(a, b, 0xdd));
    };
    const Vector low = four(two(from(0), from(1)), two(from(2), from(3)));
    const Vector high = four(two(from(4), from(5)), two(from(6), from(7)));
    return four(low, high);
}

constexpr unsigned kLevels = 10; ///< windows of 1, 2, 4, … kMostWindow tokens
constexpr unsigned kSlices = kLevels * (kLevels + 1) / 2; ///< the counts of level j have j + 1 planes
constexpr unsigned firstSlice(unsigned level) { return level * (level + 1) / 2; }
constexpr unsigned kStretch = 4; ///< vectors between two looks at the histogram

/// Counts of all levels for 512 windows.
struct Slices
{
    Vector at[kSlices];
};

Vector sumOf(Vector a, Vector b, Vector c) { return _mm512_ternarylogic_epi64(a, b, c, 0x96); }
Vector carryOf(Vector a, Vector b, Vector c) { return _mm512_ternarylogic_epi64(a, b, c, 0xe8); }

/// A plane as it was 2^Level tokens earlier, given that vector and the one before it.
template <unsigned Level> Vector earlier(Vector before, Vector now)
{
    constexpr unsigned kBack = 1u << Level;
    if constexpr (kBack >= 64)
        return _mm512_alignr_epi64(now, before, 8 - kBack / 64);
    else
        return _mm512_shldi_epi64(now, _mm512_alignr_epi64(now, before, 7), kBack);
}

/// Slices of all levels for the vector whose plane is now.at[0], from those of the vector before it.
template <unsigned Level = 0> void addUp(const Slices& before, unsigned levels, Slices& now)
{
    if constexpr (Level + 1 < kLevels) {
        if (Level + 1 >= levels)
            return;
        const Vector *then = before.at + firstSlice(Level), *half = now.at + firstSlice(Level);
        Vector* const whole = now.at + firstSlice(Level + 1);
        Vector carry = _mm512_setzero_si512();
#pragma GCC unroll 10
        for (unsigned p = 0; p <= Level; ++p) {
            const Vector own = half[p], back = earlier<Level>(then[p], own);
            whole[p] = sumOf(own, back, carry);
            carry = carryOf(own, back, carry);
        }
        whole[Level + 1] = carry;
        addUp<Level + 1>(before, levels, now);
    }
}

/// A plane as it was any number of tokens up to 512 earlier.
Vector earlierBy(unsigned back, Vector before, Vector now)
{
    const Vector lanes = _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0); // permutex2var counts `now` as words 8..15
    const Vector word = _mm512_add_epi64(lanes, _mm512_set1_epi64(8 - int(back / 64)));
    const Vector words = _mm512_permutex2var_epi64(before, word, now);
    if (back % 64 == 0)
        return words;
    const Vector wordBefore = _mm512_sub_epi64(word, _mm512_set1_epi64(1));
    return _mm512_shldv_epi64(
        words, _mm512_permutex2var_epi64(before, wordBefore, now), _mm512_set1_epi64(int(back % 64)));
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

void addTogether(unsigned m, const Slices& before, const Slices& now, Count& count)
{
    const Vector zero = _mm512_setzero_si512();
    unsigned back = 0;
    for (unsigned p = 0; p < kLevels; ++p)
        count.at[p] = zero;
    for (unsigned level = kLevels; level-- > 0;) {
        if (!(m >> level & 1))
            continue;
        const Vector *then = before.at + firstSlice(level), *here = now.at + firstSlice(level);
        Vector carry = zero;
        for (unsigned p = 0; p < kLevels; ++p) {
            const Vector more = p > level ? zero : back ? earlierBy(back, then[p], here[p]) : here[p];
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
    Vector counted[kStretch]; ///< 0 where there is no vector; not all of them 0
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

/// Adds the windows of a stretch to the lanes of their counts, which have 3 + High planes.
template <unsigned High> void addToLanes(const Stretch& stretch, u64* lanes, Eighths& touched)
{
    const Eighths range = eighthsOf<High>(stretch);
    touched.least = range.least < touched.least ? range.least : touched.least;
    touched.most = range.most > touched.most ? range.most : touched.most;
    for (unsigned eighth = range.least; eighth <= range.most; ++eighth) {
        u64* const to = lanes + eighth * 8 * kVectorWords;
        Vector sums[8], off[High + 1];
        for (unsigned i = 0; i < 8; ++i)
            sums[i] = _mm512_load_si512(to + i * kVectorWords);
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
            _mm512_store_si512(to + i * kVectorWords, sums[i]);
    }
}

using AddToLanes = void (*)(const Stretch&, u64*, Eighths&);
constexpr AddToLanes kAddToLanes[] = {addToLanes<0>, addToLanes<1>, addToLanes<2>, addToLanes<3>, addToLanes<4>,
    addToLanes<5>, addToLanes<6>, addToLanes<7>};
static_assert(planesOf(kMostWindow) == 10);

/// Moves lanes to the histogram, and clears them.
void gather(const WindowTask::Length& length, const Eighths& touched)
{
    if (touched.least > touched.most)
        return;
    for (unsigned eighth = touched.least; eighth <= touched.most; ++eighth) {
        u64* const lanes = length.lanes + eighth * 8 * kVectorWords;
        u64 sums[8];
        _mm512_storeu_si512(
            sums, sumOfEach([lanes](std::size_t i) { return _mm512_load_si512(lanes + i * kVectorWords); }));
        for (unsigned i = 0; i < 8; ++i) {
            _mm512_store_si512(lanes + i * kVectorWords, _mm512_setzero_si512());
            if (eighth * 8 + i <= length.m)
                length.histogram[eighth * 8 + i] += sums[i];
        }
    }
}

constexpr std::size_t kMostLengths = 16; ///< at a time

void windowsOf(const WindowTask& task, const WindowTask::Length* lengths, std::size_t numLengths)
{
    unsigned longest = 0;
    for (std::size_t i = 0; i < numLengths; ++i)
        longest = lengths[i].m > longest ? lengths[i].m : longest;
    unsigned levels = 1;
    while (longest >> levels)
        ++levels;
    Eighths touched[kMostLengths];

    Slices ring[kStretch + 1]; // vector number v (from 1 on) is at [v % (kStretch + 1)]
    {
        Slices& nothing = ring[kStretch];
        for (unsigned s = 0; s < firstSlice(levels); ++s)
            nothing.at[s] = _mm512_setzero_si512();
        ring[0].at[0] = _mm512_loadu_si512(task.before);
        addUp(nothing, levels, ring[0]);
    }
    Count counts[kStretch];
    std::size_t number = 0;
    for (std::size_t w = 0; w < task.words;) {
        const Slices* slices[kStretch + 1] = {&ring[number % (kStretch + 1)]};
        const std::size_t first = w;
        unsigned vectors = 0;
        for (; vectors < kStretch && w < task.words; w += kVectorWords) {
            Slices& now = ring[++number % (kStretch + 1)];
            now.at[0] = _mm512_loadu_si512(task.plane + w);
            addUp(*slices[vectors], levels, now);
            slices[++vectors] = &now;
        }
        for (std::size_t i = 0; i < numLengths; ++i) {
            const unsigned m = lengths[i].m;
            const bool asSliced = m >= 4 && (m & (m - 1)) == 0;
            const unsigned planes = planesOf(m);
            Stretch stretch;
            Vector all = _mm512_setzero_si512();
            for (unsigned v = 0; v < kStretch; ++v) {
                if (v >= vectors) {
                    stretch.planes[v] = stretch.planes[0];
                    stretch.counted[v] = _mm512_setzero_si512();
                    continue;
                }
                stretch.planes[v] = asSliced ? slices[v + 1]->at + firstSlice(planes - 1) : counts[v].at;
                stretch.counted[v] = _mm512_loadu_si512(lengths[i].counted + first + v * kVectorWords);
                all = _mm512_or_si512(all, stretch.counted[v]);
                if (!asSliced)
                    addTogether(m, *slices[v], *slices[v + 1], counts[v]);
            }
            if (any(all))
                kAddToLanes[planes - 3](stretch, lengths[i].lanes, touched[i]);
        }
    }
    for (std::size_t i = 0; i < numLengths; ++i)
        gather(lengths[i], touched[i]);
}

void windows(const WindowTask& task)
{
    for (std::size_t i = 0; i < task.numLengths; i += kMostLengths) {
        const std::size_t left = task.numLengths - i;
        windowsOf(task, task.lengths + i, left < kMostLengths ? left : kMostLengths);
    }
}

}
}
