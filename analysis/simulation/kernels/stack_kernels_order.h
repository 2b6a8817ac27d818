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
/// Of 8, where there are at most 256: a byte each, of which a lane holds all.
inline void countEightAbove(const u64* keys, u32 numObjects, const u32* objects, u32* above)
{
    __m512i own[8], ones[8], sums[2] = {_mm512_setzero_si512(), _mm512_setzero_si512()};
    for (u32 i = 0; i < 8; ++i) {
        own[i] = _mm512_set1_epi64(static_cast<long long>(keys[objects[i]]));
        ones[i] = _mm512_set1_epi64(1ll << 8 * i);
    }
    for (u32 v = 0; v < numObjects; v += 8) {
        const __m512i some = _mm512_loadu_si512(keys + v);
        for (u32 i = 0; i < 8; ++i)
            sums[i % 2] = _mm512_mask_add_epi64(sums[i % 2], _mm512_cmpgt_epi64_mask(some, own[i]), sums[i % 2], ones[i]);
    }
    const u64 all = u64(_mm512_reduce_add_epi64(_mm512_or_si512(sums[0], sums[1])));
    for (u32 i = 0; i < 8; ++i)
        above[i] = u32(all >> 8 * i & 255);
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
inline void countEightAbove(const u64* keys, u32 numObjects, const u32* objects, u32* above)
{
    countAbove<8>(keys, numObjects, objects, above);
}
#endif

/// Of objects with `to` keys above: among equals those named before come first. Then where each of them would stand but
/// for the others.
inline void settleMany(const u64* keys, const u32* objects, u32 count, u32* to, u16* thresholds)
{
    for (u32 i = 0; i < count; ++i) {
        for (u32 j = 0; j < i; ++j)
            to[i] += keys[objects[j]] == keys[objects[i]];
    }
    for (u32 i = 0; i < count; ++i) {
        u32 before = 0;
        for (u32 j = 0; j < count; ++j)
            before += to[j] < to[i];
        thresholds[i] = u16(to[i] - before);
    }
}
/// Those that do not move: down by the objects that leave before them, up by those that arrive.
inline void relabelMany(u16* ranks, u32 numObjects, u32 count, const u32* from, const u16* thresholds)
{
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
}

#if defined(__AVX512BW__)
/// The same of at most 16.
inline void settle(const u64* keys, const u32* objects, u32 count, u32* to, u16* thresholds)
{
    alignas(64) u64 own[16] = {};
    alignas(64) u32 now[16];
    for (u32 i = 0; i < count; ++i)
        own[i] = keys[objects[i]];
    const __mmask16 all = __mmask16((1u << count) - 1);
    const __m512i low = _mm512_load_si512(own), high = _mm512_load_si512(own + 8), one = _mm512_set1_epi32(1);
    __m512i ranks = _mm512_maskz_loadu_epi32(all, to);
    for (u32 j = 0; j + 1 < count; ++j) {
        const __m512i key = _mm512_set1_epi64(static_cast<long long>(own[j]));
        const u32 equals = _mm512_cmpeq_epi64_mask(low, key) | u32(_mm512_cmpeq_epi64_mask(high, key)) << 8;
        ranks = _mm512_mask_add_epi32(ranks, __mmask16(equals & (~u32(1) << j)), ranks, one);
    }
    _mm512_store_si512(now, ranks);
    __m512i before = _mm512_setzero_si512();
    for (u32 j = 0; j < count; ++j) {
        const __mmask16 later = _mm512_cmpgt_epu32_mask(ranks, _mm512_set1_epi32(int(now[j])));
        before = _mm512_mask_add_epi32(before, later, before, one);
    }
    _mm512_mask_storeu_epi32(to, all, ranks);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(thresholds), _mm512_cvtepi32_epi16(_mm512_sub_epi32(ranks, before)));
}
/// V: vectors of 32 ranks at once.
template <u32 V> inline void relabelAll(u16* ranks, u32 count, const u32* from, const u16* thresholds)
{
    __m512i old[V], now[V];
    for (u32 v = 0; v < V; ++v)
        old[v] = now[v] = _mm512_loadu_si512(ranks + v * 32);
    const __m512i one = _mm512_set1_epi16(1);
    for (u32 j = 0; j < count; ++j) {
        const __m512i place = _mm512_set1_epi16(short(from[j]));
        for (u32 v = 0; v < V; ++v)
            now[v] = _mm512_mask_sub_epi16(now[v], _mm512_cmpgt_epu16_mask(old[v], place), now[v], one);
    }
    for (u32 v = 0; v < V; ++v)
        old[v] = now[v];
    for (u32 j = 0; j < count; ++j) {
        const __m512i place = _mm512_set1_epi16(short(thresholds[j]));
        for (u32 v = 0; v < V; ++v)
            now[v] = _mm512_mask_add_epi16(now[v], _mm512_cmpge_epu16_mask(old[v], place), now[v], one);
    }
    for (u32 v = 0; v < V; ++v)
        _mm512_storeu_si512(ranks + v * 32, now[v]);
}
inline void settleAndRelabel(const u64* keys, u32 numObjects, const u32* objects, u32 count, u16* ranks,
    const u32* from, u32* to, u16* thresholds)
{
    if (count > 16) {
        settleMany(keys, objects, count, to, thresholds);
        relabelMany(ranks, numObjects, count, from, thresholds);
        return;
    }
    settle(keys, objects, count, to, thresholds);
    for (u32 v = 0; v < numObjects; v += 64)
        relabelAll<2>(ranks + v, count, from, thresholds);
}
#else
inline void settleAndRelabel(const u64* keys, u32 numObjects, const u32* objects, u32 count, u16* ranks,
    const u32* from, u32* to, u16* thresholds)
{
    settleMany(keys, objects, count, to, thresholds);
    relabelMany(ranks, numObjects, count, from, thresholds);
}
#endif

void reorder(const u64* keys, u32 numObjects, const u32* objects, u32 count, u16* ranks, u32* from, u32* to)
{
    u32 i = 0;
    for (; i + 8 <= count && numObjects <= 256; i += 8)
        countEightAbove(keys, numObjects, objects + i, to + i);
    for (; i + 8 <= count; i += 8)
        countAbove<8>(keys, numObjects, objects + i, to + i);
    for (; i + 2 <= count; i += 2)
        countAbove<2>(keys, numObjects, objects + i, to + i);
    for (; i < count; ++i)
        countAbove<1>(keys, numObjects, objects + i, to + i);
    for (i = 0; i < count; ++i)
        from[i] = ranks[objects[i]];
    u16 thresholds[kMostOrdered];
    settleAndRelabel(keys, numObjects, objects, count, ranks, from, to, thresholds);
    for (i = 0; i < count; ++i)
        ranks[objects[i]] = u16(to[i]);
}

}
}
