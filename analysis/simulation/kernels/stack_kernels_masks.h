// SPDX-License-Identifier: GPL-3.0-or-later
//
// Part of stack_kernels_impl.h: which of 64 entries compare so, as bits.
#pragma once

#include "analysis/simulation/kernels/stack_kernels.h"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace expertscope::simulation::ES_KERNELS {
namespace {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;

#if defined(__AVX512BW__)
inline u64 equal(const u8* p, u32 v)
{
    return _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(p), _mm512_set1_epi8(char(v)));
}
inline u64 greater(const u8* p, u32 v)
{
    return _mm512_cmpgt_epu8_mask(_mm512_loadu_si512(p), _mm512_set1_epi8(char(v)));
}
inline u64 equal(const u16* p, u32 v)
{
    const __m512i x = _mm512_set1_epi16(short(v));
    return _mm512_cmpeq_epi16_mask(_mm512_loadu_si512(p), x)
        | u64(_mm512_cmpeq_epi16_mask(_mm512_loadu_si512(p + 32), x)) << 32;
}
inline u64 greater(const u16* p, u32 v)
{
    const __m512i x = _mm512_set1_epi16(short(v));
    return _mm512_cmpgt_epu16_mask(_mm512_loadu_si512(p), x)
        | u64(_mm512_cmpgt_epu16_mask(_mm512_loadu_si512(p + 32), x)) << 32;
}
inline u64 equal(const u32* p, u32 v)
{
    u64 mask = 0;
    for (u32 i = 0; i < 64; i += 16)
        mask |= u64(_mm512_cmpeq_epi32_mask(_mm512_loadu_si512(p + i), _mm512_set1_epi32(int(v)))) << i;
    return mask;
}
inline u64 greater(const u32* p, u32 v)
{
    u64 mask = 0;
    for (u32 i = 0; i < 64; i += 16)
        mask |= u64(_mm512_cmpgt_epu32_mask(_mm512_loadu_si512(p + i), _mm512_set1_epi32(int(v)))) << i;
    return mask;
}
#elif defined(__AVX2__)
inline __m256i load(const void* p)
{
    return _mm256_loadu_si256(static_cast<const __m256i*>(p));
}
inline u64 signs(__m256i v)
{
    return u64(u32(_mm256_movemask_epi8(v)));
}
inline __m256i narrow(__m256i a, __m256i b)
{
    return _mm256_permute4x64_epi64(_mm256_packs_epi16(a, b), 0xD8);
}
inline u64 equal(const u8* p, u32 v)
{
    const __m256i x = _mm256_set1_epi8(char(v));
    return signs(_mm256_cmpeq_epi8(load(p), x)) | signs(_mm256_cmpeq_epi8(load(p + 32), x)) << 32;
}
inline u64 greater(const u8* p, u32 v) // a > v is not max(a, v) == v
{
    const __m256i x = _mm256_set1_epi8(char(v));
    return ~(signs(_mm256_cmpeq_epi8(_mm256_max_epu8(load(p), x), x))
        | signs(_mm256_cmpeq_epi8(_mm256_max_epu8(load(p + 32), x), x)) << 32);
}
inline u64 equal(const u16* p, u32 v)
{
    const __m256i x = _mm256_set1_epi16(short(v));
    const auto part = [&](u32 i) { return _mm256_cmpeq_epi16(load(p + i), x); };
    return signs(narrow(part(0), part(16))) | signs(narrow(part(32), part(48))) << 32;
}
inline u64 greater(const u16* p, u32 v)
{
    const __m256i x = _mm256_set1_epi16(short(v));
    const auto part = [&](u32 i) { return _mm256_cmpeq_epi16(_mm256_max_epu16(load(p + i), x), x); };
    return ~(signs(narrow(part(0), part(16))) | signs(narrow(part(32), part(48))) << 32);
}
inline u64 lanes(__m256i v)
{
    return u64(u32(_mm256_movemask_ps(_mm256_castsi256_ps(v))));
}
inline u64 equal(const u32* p, u32 v)
{
    u64 mask = 0;
    for (u32 i = 0; i < 64; i += 8)
        mask |= lanes(_mm256_cmpeq_epi32(load(p + i), _mm256_set1_epi32(int(v)))) << i;
    return mask;
}
inline u64 greater(const u32* p, u32 v)
{
    const __m256i x = _mm256_set1_epi32(int(v));
    u64 mask = 0;
    for (u32 i = 0; i < 64; i += 8)
        mask |= lanes(_mm256_cmpeq_epi32(_mm256_max_epu32(load(p + i), x), x)) << i;
    return ~mask;
}
#else
template <typename T> inline u64 equal(const T* p, u32 v)
{
    u64 mask = 0;
    for (u32 i = 0; i < 64; ++i)
        mask |= u64(p[i] == v) << i;
    return mask;
}
template <typename T> inline u64 greater(const T* p, u32 v)
{
    u64 mask = 0;
    for (u32 i = 0; i < 64; ++i)
        mask |= u64(p[i] > v) << i;
    return mask;
}
#endif

/// Of `mask` over entries from 64 * block on: those below `end`.
inline u64 below(u64 mask, u32 block, u32 end)
{
    return end >= block * 64 + 64 ? mask : end > block * 64 ? mask & ((u64(1) << (end - block * 64)) - 1) : 0;
}

}
}
