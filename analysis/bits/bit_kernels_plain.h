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

void counts(const TurnedSets& sets, unsigned numExperts, u64 head, u64 tail, u64* to)
{
    for (std::size_t g = 0; g < sets.groups; ++g) {
        u64 wanted = g == 0 ? head : ~u64(0);
        wanted &= g + 1 == sets.groups ? tail : ~u64(0);
        const u64* const group = sets.words + g * sets.stride;
        for (unsigned e = 0; e < numExperts; ++e)
            to[e] += countBits(group[e] & wanted);
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

void pairs(const TurnedSets& from, unsigned numFrom, const TurnedSets& to, unsigned numTo, const u64* wanted,
    std::uint32_t* cells, bool upper)
{
    for (std::size_t g = 0; g < from.groups; ++g) {
        const u64 *a = from.words + g * from.stride, *b = to.words + g * to.stride;
        for (unsigned i = 0; i < numFrom; ++i) {
            const u64 chose = a[i] & wanted[g];
            std::uint32_t* const row = cells + i * std::size_t(numTo);
            for (unsigned j = upper ? i : 0; j < numTo; ++j)
                row[j] += countBits(chose & b[j]);
        }
    }
}

void windows(const WindowTask& task)
{
    const std::size_t stride = task.sets.stride;
    const auto chosen = [&](std::size_t e, std::size_t token) -> unsigned { // counted from the first of `before`
        const std::size_t group = token / 64;
        if (group < kGroupsBefore)
            return task.before ? unsigned(task.before[group * stride + e] >> (token % 64) & 1) : 0;
        return unsigned(task.sets.words[(group - kGroupsBefore) * stride + e] >> (token % 64) & 1);
    };
    for (std::size_t i = 0; i < task.numLengths; ++i) {
        const WindowTask::Length& length = task.lengths[i];
        for (std::size_t e = 0; e < task.numExperts; ++e) {
            u64* const histogram =
                length.histogram + e / kLanes * WindowTask::histogramRows(length.m) * kLanes + e % kLanes;
            unsigned count = 0;
            for (std::size_t t = kMostTurnedWindow - length.m; t < kMostTurnedWindow; ++t)
                count += chosen(e, t);
            for (std::size_t t = kMostTurnedWindow; t < kMostTurnedWindow + 64 * task.sets.groups; ++t) {
                count += chosen(e, t) - chosen(e, t - length.m);
                histogram[count * kLanes] += length.counted[t / 64 - kGroupsBefore] >> (t % 64) & 1;
            }
        }
    }
}

}

extern const BitKernels kTable;
const BitKernels kTable = {ES_NAME, anyFrom, cells, sets, allOfSize, turn, counts, overlaps, touchedOfWords, pairs, windows, false};

}
