// SPDX-License-Identifier: GPL-3.0-or-later
//
// Part of stack_kernels_impl.h: the order of last use, and counting distances.
#pragma once

#include "analysis/simulation/kernels/stack_kernels_masks.h"

namespace expertscope::simulation::ES_KERNELS {
namespace {

void compact(RecencyState& s)
{
    u32 slot = 0;
    for (u32 w = 0; w < s.numWords; ++w) {
        for (u64 bits = s.taken[w]; bits; bits &= bits - 1) {
            const u32 object = s.objectAt[w * 64 + u32(__builtin_ctzll(bits))];
            s.objectAt[slot] = object;
            s.slotOf[object] = slot++;
        }
    }
    for (u32 w = 0; w < s.numWords; ++w) {
        const u32 begin = w * 64;
        s.taken[w] = slot >= begin + 64 ? ~u64(0) : slot > begin ? (u64(1) << (slot - begin)) - 1 : 0;
    }
    if (s.numWords > kWordsInBlock) {
        for (u32 b = 0; b < s.numWords / kWordsInBlock; ++b) {
            const u32 begin = b * kWordsInBlock * 64, end = begin + kWordsInBlock * 64;
            s.inBlock[b] = slot >= end ? end - begin : slot > begin ? slot - begin : 0;
        }
    }
    s.next = slot;
}

/// The slot of an object becomes the next but `left` of those set aside.
inline void take(RecencyState& s, u32 object, u32 slot, u32 next)
{
    s.taken[slot / 64] &= ~(u64(1) << (slot % 64));
    s.taken[next / 64] |= u64(1) << (next % 64);
    s.slotOf[object] = next;
    s.objectAt[next] = object;
}

/// One event, all slots in at most kWordsInBlock words.
inline void useFew(RecencyState& s, const u32* objects, u32 size, bool lastFirst, u32* ranks)
{
    if (s.next + size > s.numWords * 64)
        compact(s);
    u32 sum = 0;
    for (u32 w = (s.next + 63) / 64; w-- > 0;) {
        s.behind[w] = sum;
        sum += u32(__builtin_popcountll(s.taken[w]));
    }
    for (u32 i = 0; i < size; ++i) {
        const u32 slot = s.slotOf[objects[i]], w = slot / 64;
        ranks[i] = s.behind[w] + u32(__builtin_popcountll(s.taken[w] >> (slot % 64) >> 1));
    }
    for (u32 i = 0; i < size; ++i)
        take(s, objects[i], s.slotOf[objects[i]], s.next + (lastFirst ? i : size - 1 - i));
    s.next += size;
}

/// One event, blocks of words.
inline void useMany(RecencyState& s, const u32* objects, u32 size, bool lastFirst, u32* ranks)
{
    if (s.next + size > s.numWords * 64)
        compact(s);
    u32 sum = 0;
    for (u32 b = s.numWords / kWordsInBlock; b-- > 0;) {
        s.behind[b] = sum;
        sum += s.inBlock[b];
    }
    for (u32 i = 0; i < size; ++i) {
        const u32 slot = s.slotOf[objects[i]], w = slot / 64, b = w / kWordsInBlock;
        u32 rank = s.behind[b] + u32(__builtin_popcountll(s.taken[w] >> (slot % 64) >> 1));
        for (u32 v = w + 1; v < (b + 1) * kWordsInBlock; ++v)
            rank += u32(__builtin_popcountll(s.taken[v]));
        ranks[i] = rank;
    }
    for (u32 i = 0; i < size; ++i) {
        const u32 slot = s.slotOf[objects[i]], next = s.next + (lastFirst ? i : size - 1 - i);
        --s.inBlock[slot / 64 / kWordsInBlock];
        ++s.inBlock[next / 64 / kWordsInBlock];
        take(s, objects[i], slot, next);
    }
    s.next += size;
}

#if defined(__AVX512VBMI2__)
constexpr bool kFewByRank = true;

/// Up to 64 objects in one register: the members are found and closed up behind, then set before the others.
inline __m512i useByRank(__m512i order, const u32* objects, u32 size, bool lastFirst, __m512i lanes, u32* ranks)
{
    u64 found = 0;
    __m512i members = _mm512_setzero_si512();
    for (u32 i = 0; i < size; ++i) {
        const __m512i object = _mm512_set1_epi8(char(objects[i]));
        const u64 at = _mm512_cmpeq_epi8_mask(order, object);
        ranks[i] = u32(__builtin_ctzll(at));
        found |= at;
        members = _mm512_mask_mov_epi8(members, u64(1) << (lastFirst ? size - 1 - i : i), object);
    }
    const __m512i others = _mm512_maskz_compress_epi8(~found, order);
    const u64 behind = size < 64 ? ~u64(0) << size : 0;
    const __m512i shift = _mm512_sub_epi8(lanes, _mm512_set1_epi8(char(size)));
    return _mm512_mask_permutexvar_epi8(members, behind, shift, others);
}
#else
constexpr bool kFewByRank = false;
#endif

/// What an event's members change for each other if they come one by one: those before it are more recent than it is by
/// then, if they were not before.
inline void correct(u32* ranks, u32 size, bool backwards)
{
    u32 before[kMostCounted];
    for (u32 i = 0; i < size; ++i)
        before[i] = ranks[i];
    for (u32 i = 0; i < size; ++i) {
        u32 passed = 0;
        for (u32 j = backwards ? i + 1 : 0; j < (backwards ? size : i); ++j)
            passed += before[j] > before[i];
        ranks[i] += passed;
    }
}

inline void use(RecencyState& s, const u32* objects, u32 size, bool lastFirst, u32* ranks)
{
    if (s.numWords <= kWordsInBlock)
        useFew(s, objects, size, lastFirst, ranks);
    else
        useMany(s, objects, size, lastFirst, ranks);
}

void recency(RecencyState& s, const EventRange& events, bool oneByOne, bool backwards, u32* ranks)
{
    const bool lastFirst = oneByOne && !backwards;
    const u64 base = events.begin(events.first);
#if defined(__AVX512VBMI2__)
    const bool byRank = s.numObjects <= 64;
    alignas(64) u8 numbers[64];
    for (u32 i = 0; i < 64; ++i)
        numbers[i] = u8(i);
    const __m512i lanes = _mm512_load_si512(numbers);
    __m512i order = byRank ? _mm512_loadu_si512(s.byRank) : lanes;
#endif
    for (u64 n = 0; n < events.count; ++n) {
        const u64 i = events.first + (backwards ? events.count - 1 - n : n), begin = events.begin(i);
        const u32 size = u32(events.begin(i + 1) - begin);
        const u32* const objects = events.objects + begin;
        u32* const out = ranks + (begin - base);
        const bool single = oneByOne && size > kMostCounted;
        for (u32 m = 0; m < (single ? size : 1); ++m) {
            const u32 at = !single ? 0 : backwards ? size - 1 - m : m, length = single ? 1 : size;
#if defined(__AVX512VBMI2__)
            if (byRank)
                order = useByRank(order, objects + at, length, lastFirst, lanes, out + at);
            else
#endif
                use(s, objects + at, length, lastFirst, out + at);
        }
        if (oneByOne && !single)
            correct(out, size, backwards);
    }
#if defined(__AVX512VBMI2__)
    if (byRank)
        _mm512_storeu_si512(s.byRank, order);
#endif
}

typedef u32 Vec4 __attribute__((vector_size(16)));
typedef u32 Vec8 __attribute__((vector_size(32)));
typedef u32 Vec16 __attribute__((vector_size(64)));

/// Vec has a lane for each rank of an event.
template <typename Vec> inline void countOf(const u32* ranks, u32 size, u64 count, u64* table, std::size_t width,
    std::size_t siteWidth, std::size_t site, std::size_t numSites)
{
    Vec lanes;
    for (u32 i = 0; i < sizeof(Vec) / 4; ++i)
        lanes[i] = i;
    for (u64 n = 0; n < count; ++n, ranks += size) {
        // How many are larger; equal ones in the order of their lanes.
        Vec rank;
        __builtin_memcpy(&rank, ranks, sizeof rank);
        const Vec key = rank * kMostCounted + lanes;
        Vec place = {};
        for (u32 j = 0; j < size; ++j)
            place -= Vec(key < Vec{} + (ranks[j] * kMostCounted + j));
        const Vec index = place * u32(width) + rank + 1;
        u64* const counts = table + site * siteWidth;
        for (u32 j = 0; j < size; ++j)
            ++counts[index[j]];
        site = site + 1 == numSites ? 0 : site + 1;
    }
}

void count(const u32* ranks, u32 size, u64 events, u64* table, std::size_t width, std::size_t siteWidth,
    std::size_t site, std::size_t numSites)
{
    if (size <= 4)
        countOf<Vec4>(ranks, size, events, table, width, siteWidth, site, numSites);
    else if (size <= 8)
        countOf<Vec8>(ranks, size, events, table, width, siteWidth, site, numSites);
    else
        countOf<Vec16>(ranks, size, events, table, width, siteWidth, site, numSites);
}

/// Size: of the event, at most.
template <typename Vec, u32 Size>
inline void dropsOf(const u32* ranks, u32 size, u64 count, std::size_t stride, u64* counts)
{
    Vec lanes;
    for (u32 i = 0; i < sizeof(Vec) / 4; ++i)
        lanes[i] = i < size ? i : 0;
    Vec atLeast[Size + 1] = {};
    for (u64 n = 0; n < count; ++n, ranks += stride) {
        Vec rank;
        __builtin_memcpy(&rank, ranks, sizeof rank);
        const Vec most = rank < lanes ? rank : lanes;
        for (u32 c = 1; c < Size; ++c)
            atLeast[c] -= Vec(most >= Vec{} + c);
    }
    u64 above = 0;
    for (u32 c = size; --c > 0;) {
        u64 sum = 0;
        for (u32 i = 0; i < sizeof(Vec) / 4; ++i)
            sum += atLeast[c][i];
        counts[c] += sum - above;
        above = sum;
    }
}

void drops(const u32* ranks, u32 size, u64 count, std::size_t stride, u64* counts)
{
    if (size <= 1)
        return;
    if (size <= 4)
        dropsOf<Vec4, 4>(ranks, size, count, stride, counts);
    else if (size <= 6)
        dropsOf<Vec8, 6>(ranks, size, count, stride, counts);
    else if (size <= 8)
        dropsOf<Vec8, 8>(ranks, size, count, stride, counts);
    else
        dropsOf<Vec16, 16>(ranks, size, count, stride, counts);
}

}
}
