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

struct Slices
{
    Vector at[kSlices];
};

/// The plane `back` tokens earlier (1..512), given that vector and the one before it.
struct Earlier
{
    explicit Earlier(unsigned back)
    {
        const Vector lanes = _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0);
        m_word = _mm512_sub_epi64(_mm512_set1_epi64(8), _mm512_set1_epi64(int(back / 64)));
        m_word = _mm512_add_epi64(m_word, lanes);
        m_wordBefore = _mm512_sub_epi64(m_word, _mm512_set1_epi64(1));
        m_bits = _mm512_set1_epi64(int(back % 64));
        m_whole = back % 64 == 0;
    }
    Vector of(Vector before, Vector now) const
    {
        const Vector words = _mm512_permutex2var_epi64(before, m_word, now);
        if (m_whole)
            return words;
        return _mm512_shldv_epi64(words, _mm512_permutex2var_epi64(before, m_wordBefore, now), m_bits);
    }

private:
    Vector m_word, m_wordBefore, m_bits; ///< permutex2var counts `before` as words 0..7 and `now` as 8..15
    bool m_whole;
};

Vector sumOf(Vector a, Vector b, Vector c) { return _mm512_ternarylogic_epi64(a, b, c, 0x96); }
Vector carryOf(Vector a, Vector b, Vector c) { return _mm512_ternarylogic_epi64(a, b, c, 0xe8); }

/// Slices of all levels for the vector `plane`, from those of the vector before it.
void addUp(const Slices& before, Vector plane, unsigned levels, const Earlier* halves, Slices& now)
{
    now.at[0] = plane;
    for (unsigned level = 0; level + 1 < levels; ++level) {
        const Vector *then = before.at + firstSlice(level), *half = now.at + firstSlice(level);
        Vector* const whole = now.at + firstSlice(level + 1);
        Vector carry = _mm512_setzero_si512();
        for (unsigned p = 0; p <= level; ++p) {
            const Vector back = halves[level].of(then[p], half[p]);
            whole[p] = sumOf(half[p], back, carry);
            carry = carryOf(half[p], back, carry);
        }
        whole[level + 1] = carry;
    }
}

/// Planes of the count of a window of any length.
struct Count
{
    Vector at[kLevels];
    unsigned planes = 0;
};

Count countOf(unsigned m, const Slices& before, const Slices& now)
{
    Count count;
    unsigned back = 0;
    for (unsigned level = kLevels; level-- > 0;) {
        if (!(m >> level & 1))
            continue;
        const Vector *then = before.at + firstSlice(level), *here = now.at + firstSlice(level);
        if (back == 0) {
            for (unsigned p = 0; p <= level; ++p)
                count.at[p] = here[p];
            count.planes = level + 1;
        } else {
            const Earlier earlier(back);
            const Vector zero = _mm512_setzero_si512();
            Vector carry = zero;
            for (unsigned p = 0; p < count.planes; ++p) {
                const Vector more = p <= level ? earlier.of(then[p], here[p]) : zero, sum = count.at[p];
                count.at[p] = sumOf(sum, more, carry);
                carry = carryOf(sum, more, carry);
            }
            if (m >> count.planes) // such counts there are
                count.at[count.planes++] = carry;
        }
        back += 1u << level;
    }
    return count;
}

bool any(Vector bits) { return _mm512_test_epi64_mask(bits, bits) != 0; }

/// The least and the greatest count / 8 of the windows that count, which must not be none.
struct Eighths
{
    unsigned least = 0, most = 0;
};
Eighths eighthsOf(const Count& count, Vector counted)
{
    Eighths eighths;
    Vector low = counted, high = counted;
    for (unsigned p = count.planes; p-- > 3;) {
        const Vector with = _mm512_and_si512(high, count.at[p]), without = _mm512_andnot_si512(count.at[p], low);
        eighths.most = 2 * eighths.most + (any(with) ? 1 : 0);
        eighths.least = 2 * eighths.least + (any(without) ? 0 : 1);
        high = any(with) ? with : high;
        low = any(without) ? without : low;
    }
    return eighths;
}

/// Adds the windows of a stretch to the lanes of their counts.
void addToLanes(const Count* counts, const Vector* counted, unsigned vectors, u64* lanes, Eighths& touched)
{
    Eighths range{~0u, 0};
    for (unsigned v = 0; v < vectors; ++v) {
        if (!any(counted[v]))
            continue;
        const Eighths own = eighthsOf(counts[v], counted[v]);
        range.least = own.least < range.least ? own.least : range.least;
        range.most = own.most > range.most ? own.most : range.most;
    }
    if (range.least > range.most)
        return;
    touched.least = range.least < touched.least ? range.least : touched.least;
    touched.most = range.most > touched.most ? range.most : touched.most;
    for (unsigned eighth = range.least; eighth <= range.most; ++eighth) {
        u64* const to = lanes + eighth * 8 * kVectorWords;
        Vector sums[8];
        for (unsigned i = 0; i < 8; ++i)
            sums[i] = _mm512_load_si512(to + i * kVectorWords);
        for (unsigned v = 0; v < vectors; ++v) {
            const Count& count = counts[v];
            Vector here = counted[v];
            for (unsigned p = 3; p < count.planes; ++p) { // & the plane, or what it leaves
                const Vector off = _mm512_set1_epi64((eighth >> (p - 3) & 1) ? 0 : -1);
                here = _mm512_ternarylogic_epi64(here, count.at[p], off, 0x60);
            }
            if (!any(here))
                continue;
            const Vector zero = _mm512_setzero_si512();
            const Vector p0 = count.at[0], p1 = count.planes > 1 ? count.at[1] : zero,
                         p2 = count.planes > 2 ? count.at[2] : zero;
            const Vector low = _mm512_andnot_si512(p2, here), high = _mm512_and_si512(p2, here);
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

/// Moves lanes to the histogram, and clears them.
void gather(const WindowTask::Length& length, const Eighths& touched)
{
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
    const Earlier halves[] = {Earlier(1), Earlier(2), Earlier(4), Earlier(8), Earlier(16), Earlier(32), Earlier(64),
        Earlier(128), Earlier(256)};
    Eighths touched[kMostLengths];
    for (Eighths& eighths : touched)
        eighths = {~0u, 0};

    Slices slices[kStretch + 1]; // the first: of the vector before the stretch
    {
        Slices nothing;
        for (unsigned s = 0; s < firstSlice(levels); ++s)
            nothing.at[s] = _mm512_setzero_si512();
        addUp(nothing, _mm512_loadu_si512(task.before), levels, halves, slices[0]);
    }
    for (std::size_t w = 0; w < task.words; w += kStretch * kVectorWords) {
        const std::size_t left = (task.words - w) / kVectorWords;
        const unsigned vectors = left < kStretch ? unsigned(left) : kStretch;
        for (unsigned v = 0; v < vectors; ++v)
            addUp(slices[v], _mm512_loadu_si512(task.plane + w + v * kVectorWords), levels, halves, slices[v + 1]);
        for (std::size_t i = 0; i < numLengths; ++i) {
            Count counts[kStretch];
            Vector counted[kStretch];
            for (unsigned v = 0; v < vectors; ++v) {
                counts[v] = countOf(lengths[i].m, slices[v], slices[v + 1]);
                counted[v] = _mm512_loadu_si512(lengths[i].counted + w + v * kVectorWords);
            }
            addToLanes(counts, counted, vectors, lengths[i].lanes, touched[i]);
        }
        for (unsigned s = 0; s < firstSlice(levels); ++s)
            slices[0].at[s] = slices[vectors].at[s];
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
