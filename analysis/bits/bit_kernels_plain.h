// SPDX-License-Identifier: GPL-3.0-or-later
//
// The body of bit_kernels_baseline.cpp and bit_kernels_avx2.cpp, which define ES_KERNELS (namespace) and ES_NAME.
// Nothing of the standard library is called here: an inline function emitted with this file's instruction set could be
// the copy that the linker keeps for everybody.
#include "analysis/bits/bit_loops.h"

namespace expertscope::ES_KERNELS {
namespace {

using u64 = std::uint64_t;

unsigned countBits(u64 x)
{
#ifdef __POPCNT__
    return unsigned(__builtin_popcountll(x));
#else // the builtin would be a call
    x -= (x >> 1) & 0x5555555555555555u;
    x = (x & 0x3333333333333333u) + ((x >> 2) & 0x3333333333333333u);
    return unsigned((((x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fu) * 0x0101010101010101u) >> 56);
#endif
}

void sets(const std::uint16_t* ids, std::size_t n, std::size_t stride, unsigned k, unsigned words, u64* to)
{
    if (words == 1) {
        for (std::size_t t = 0; t < n; ++t, ids += stride) {
            u64 set = 0;
            for (unsigned r = 0; r < k; ++r)
                set |= u64(1) << (ids[r] & 63);
            to[t] = set;
        }
        return;
    }
    for (std::size_t t = 0; t < n; ++t, ids += stride, to += words) {
        for (unsigned w = 0; w < words; ++w)
            to[w] = 0;
        for (unsigned r = 0; r < k; ++r)
            to[ids[r] / 64] |= u64(1) << (ids[r] & 63);
    }
}

bool allOfSize(const u64* sets, std::size_t n, unsigned words, unsigned k)
{
    unsigned other = 0;
    for (std::size_t t = 0; t < n; ++t, sets += words) {
        unsigned size = 0;
        for (unsigned w = 0; w < words; ++w)
            size += countBits(sets[w]);
        other |= size ^ k;
    }
    return other == 0;
}

/// Halves of ever smaller squares change places.
void turn(const u64* sets, std::size_t stride, u64* turned)
{
    for (unsigned t = 0; t < 64; ++t)
        turned[t] = sets[t * stride];
    u64 mask = 0x00000000ffffffffu;
    for (unsigned half = 32; half; half /= 2, mask ^= mask << half) {
        for (unsigned t = 0; t < 64; t = ((t | half) + 1) & ~half) {
            const u64 swapped = ((turned[t] >> half) ^ turned[t | half]) & mask;
            turned[t] ^= swapped << half;
            turned[t | half] ^= swapped;
        }
    }
}

void counts(const u64* planes, std::size_t stride, unsigned numExperts, std::size_t words, u64 head, u64 tail,
    u64* to)
{
    for (unsigned e = 0; e < numExperts; ++e, planes += stride) {
        if (words == 1) {
            to[e] += countBits(planes[0] & head & tail);
            continue;
        }
        u64 count = countBits(planes[0] & head) + countBits(planes[words - 1] & tail);
        for (std::size_t w = 1; w + 1 < words; ++w)
            count += countBits(planes[w]);
        to[e] += count;
    }
}

void overlaps(const u64* sets, std::size_t n, unsigned words, u64* histogram)
{
    for (std::size_t t = 1; t < n; ++t, sets += words) {
        unsigned shared = 0;
        for (unsigned w = 0; w < words; ++w)
            shared += countBits(sets[w] & sets[w + words]);
        ++histogram[shared];
    }
}

u64 touched(const u64* sets, std::size_t n, unsigned words, const u64* masks, std::size_t m)
{
    u64 count = 0;
    for (std::size_t t = 0; t < n; ++t, sets += words) {
        for (std::size_t i = 0; i < m; ++i) {
            u64 shared = 0;
            for (unsigned w = 0; w < words; ++w)
                shared |= sets[w] & masks[i * words + w];
            count += shared != 0;
        }
    }
    return count;
}

void pairs(const u64* from, std::size_t fromStride, unsigned numFrom, const u64* to, std::size_t toStride,
    unsigned numTo, std::size_t words, std::uint32_t* cells)
{
    for (unsigned i = 0; i < numFrom; ++i) {
        for (unsigned j = 0; j < numTo; ++j, ++cells) {
            const u64 *a = from + i * fromStride, *b = to + j * toStride;
            unsigned both = 0;
            for (std::size_t w = 0; w < words; ++w)
                both += countBits(a[w] & b[w]);
            *cells += both;
        }
    }
}

void pairsWithin(const u64* planes, std::size_t stride, unsigned numExperts, std::size_t words, std::uint32_t* cells)
{
    for (unsigned i = 0; i < numExperts; ++i) {
        const u64* const later = planes + i * stride;
        pairs(later, stride, 1, later, stride, numExperts - i, words, cells + i * std::size_t(numExperts) + i);
    }
}

void windows(const WindowTask& task)
{
    const auto chosen = [&task](std::size_t token) { // counted from the first of `before`
        const u64* const words = token < 64 * kVectorWords ? task.before : task.plane - kVectorWords;
        return unsigned(words[token / 64] >> (token % 64) & 1);
    };
    for (std::size_t i = 0; i < task.numLengths; ++i) {
        const WindowTask::Length& length = task.lengths[i];
        unsigned count = 0;
        for (std::size_t t = kMostWindow - length.m; t < kMostWindow; ++t)
            count += chosen(t);
        for (std::size_t t = kMostWindow; t < kMostWindow + 64 * task.words; ++t) {
            count += chosen(t) - chosen(t - length.m);
            length.histogram[count] += length.counted[t / 64 - kVectorWords] >> (t % 64) & 1;
        }
    }
}

}

extern const BitKernels kTable;
const BitKernels kTable = {ES_NAME, anyFrom, cells, sets, allOfSize, turn, counts, overlaps, touched, pairs, pairsWithin, windows, false};

}
