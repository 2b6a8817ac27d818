// SPDX-License-Identifier: GPL-3.0-or-later
//
// Part of stack_kernels_impl.h: the order of keys.
#pragma once

#include "analysis/simulation/kernels/stack_kernels_masks.h"

namespace expertscope::simulation::ES_KERNELS {
namespace {

typedef long long Keys __attribute__((vector_size(ES_VECTOR), aligned(8), may_alias));
typedef u16 Ranks __attribute__((vector_size(ES_VECTOR), aligned(2), may_alias));

/// How many keys are above each of N.
#if defined(__AVX512F__)
template <u32 N>
inline void countAbove(const u64* keys, u32 numObjects, const u32* objects, u32* above)
{
    __m512i own[N], sums[N];
    for (u32 i = 0; i < N; ++i) {
        own[i] = _mm512_set1_epi64(static_cast<long long>(keys[objects[i]]));
        sums[i] = _mm512_setzero_si512();
    }
    const __m512i one = _mm512_set1_epi64(1);
    for (u32 v = 0; v < numObjects; v += 8) {
        const __m512i some = _mm512_loadu_si512(keys + v);
        for (u32 i = 0; i < N; ++i)
            sums[i] = _mm512_mask_add_epi64(sums[i], _mm512_cmpgt_epi64_mask(some, own[i]), sums[i], one);
    }
    for (u32 i = 0; i < N; ++i)
        above[i] = u32(_mm512_reduce_add_epi64(sums[i]));
}
#else
template <u32 N>
inline void countAbove(const u64* keys, u32 numObjects, const u32* objects, u32* above)
{
    Keys own[N], sums[N] = {};
    for (u32 i = 0; i < N; ++i)
        own[i] = Keys{} + static_cast<long long>(keys[objects[i]]);
    for (u32 v = 0; v < numObjects; v += ES_VECTOR / 8) {
        const Keys some = *reinterpret_cast<const Keys*>(keys + v);
        for (u32 i = 0; i < N; ++i)
            sums[i] += Keys(some > own[i]); // a comparison that holds is -1
    }
    for (u32 i = 0; i < N; ++i) {
        long long sum = 0;
        for (u32 lane = 0; lane < ES_VECTOR / 8; ++lane)
            sum -= sums[i][lane];
        above[i] = u32(sum);
    }
}
#endif

void reorder(const u64* keys, u32 numObjects, const u32* objects, u32 count, u16* ranks, u32* from, u32* to)
{
    u32 i = 0;
    for (; i + 8 <= count; i += 8)
        countAbove<8>(keys, numObjects, objects + i, to + i);
    for (; i + 2 <= count; i += 2)
        countAbove<2>(keys, numObjects, objects + i, to + i);
    for (; i < count; ++i)
        countAbove<1>(keys, numObjects, objects + i, to + i);
    for (i = 0; i < count; ++i) {
        from[i] = ranks[objects[i]];
        for (u32 j = 0; j < i; ++j)
            to[i] += keys[objects[j]] == keys[objects[i]];
    }
    // Those that do not move: down by the objects that leave before them, up by those that arrive.
    u16 thresholds[kMostOrdered];
    for (i = 0; i < count; ++i) {
        u32 before = 0;
        for (u32 j = 0; j < count; ++j)
            before += to[j] < to[i];
        thresholds[i] = u16(to[i] - before);
    }
    for (u32 v = 0; v < numObjects; v += ES_VECTOR / 2) {
        Ranks* const at = reinterpret_cast<Ranks*>(ranks + v);
        const Ranks old = *at;
        Ranks left = old;
        for (u32 j = 0; j < count; ++j)
            left += Ranks(old > u16(from[j]));
        Ranks now = left;
        for (u32 j = 0; j < count; ++j)
            now -= Ranks(left >= thresholds[j]);
        *at = now;
    }
    for (i = 0; i < count; ++i)
        ranks[objects[i]] = u16(to[i]);
}

}
}
