// SPDX-License-Identifier: GPL-3.0-or-later
//
// The body of stack_kernels_*.cpp, which define ES_KERNELS (namespace), ES_NAME and ES_VECTOR
// (bytes of a vector). Nothing of the standard library is
// called here: an inline function emitted with this file's instruction set could be the copy that the linker keeps for
// everybody.
#include "analysis/simulation/stack_kernels.h"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace expertscope::simulation::ES_KERNELS {
namespace {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;

// ---- order of last use ----------------------------------------------------------------------------------------------

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

// ---- masks of 64 entries --------------------------------------------------------------------------------------------

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

// ---- the stack ------------------------------------------------------------------------------------------------------

/// New ranks of 64 entries that do not move themselves: down by the objects that leave below, up by those that arrive.
template <typename T> inline void relabel(T* p, const StackEvent& event, const u32* thresholds)
{
    typedef T Vec __attribute__((vector_size(ES_VECTOR), aligned(1), may_alias));
    constexpr u32 kLanes = ES_VECTOR / sizeof(T);
    for (u32 i = 0; i < 64; i += kLanes) {
        Vec* const at = reinterpret_cast<Vec*>(p + i);
        const Vec old = *at;
        Vec v = old;
        if (event.membersLead) {
            v -= T(event.size);
        } else {
            for (u32 j = 0; j < event.numMoved; ++j)
                v += Vec(old > T(event.from[j])); // a comparison that holds is -1
        }
        Vec risen = v;
        for (u32 j = 0; j < event.numMoved; ++j)
            risen -= Vec(v >= T(thresholds[j]));
        *at = risen;
    }
}

/// The reserve: what does not fit at the current place, best first. An element: rank << 32 | place it had as a member,
/// 0 for an object that is no member.
inline void insert(u64* reserve, u32& size, u64 element)
{
    u32 i = size++;
    for (; i > 0 && reserve[i - 1] > element; --i)
        reserve[i] = reserve[i - 1];
    reserve[i] = element;
}

/// Replaces the best of the reserve by an element that is worse than it.
inline void replaceFirst(u64* reserve, u32 size, u64 element)
{
    u32 i = 0;
    for (; i + 1 < size && reserve[i + 1] < element; ++i)
        reserve[i] = reserve[i + 1];
    reserve[i] = element;
}

/// An object that arrives at rank t has t objects before it, some of which arrive themselves.
inline void findThresholds(const StackState& s, const StackEvent& event)
{
    for (u32 i = 0; i < event.numMoved; ++i) {
        u32 arrivals = 0;
        for (u32 j = 0; j < event.numMoved; ++j)
            arrivals += event.to[j] < event.to[i];
        s.thresholds[i] = event.to[i] - arrivals;
    }
}

template <typename T> StackOutcome stepOf(StackState& s, const StackEvent& event)
{
    T* const entries = static_cast<T*>(s.entries);
    u32* const holes = s.holes; // places of the members found, then of the new ones
    u32 numHoles = 0;
    findThresholds(s, event);
    for (u32 i = 0; event.bypass && i < event.size; ++i)
        event.kept[i] = 0xFFFFFFFFu; // for now: the places of the members
    for (u32 block = 0; block * 64 < s.used; ++block) {
        T* const p = entries + block * 64;
        u64 moved = 0;
        if (event.membersLead) {
            moved = ~greater(p, event.size - 1);
        } else {
            for (u32 j = 0; j < event.numMoved; ++j)
                moved |= equal(p, event.from[j]);
        }
        moved = below(moved, block, s.used);
        // Those that move keep their old rank in `indices` until the others have theirs.
        u32 indices[64];
        u32 count = 0;
        for (u64 bits = moved; bits; bits &= bits - 1) {
            const u32 rank = p[__builtin_ctzll(bits)];
            u32 j = rank;
            if (!event.membersLead) {
                for (j = 0; event.from[j] != rank;)
                    ++j;
            }
            indices[count++] = j;
        }
        relabel(p, event, s.thresholds);
        count = 0;
        for (u64 bits = moved; bits; bits &= bits - 1) {
            const u32 place = u32(__builtin_ctzll(bits)), j = indices[count++];
            p[place] = T(event.to[j]);
            if (j >= event.size)
                continue;
            if (event.bypass)
                event.kept[j] = block * 64 + place + 1;
            holes[numHoles++] = block * 64 + place;
        }
    }
    const u32 found = numHoles;
    u32 numKept = 0;
    for (u32 i = 0; i < numHoles; ++i)
        event.positions[i] = holes[i] + 1;

    u64* const reserve = s.reserve;
    u32 waiting = 0, place = 0, hole = 0;
    if (event.bypass) {
        // Every member competes; those found carry the place that they had.
        for (u32 j = 0; j < event.size; ++j)
            insert(reserve, waiting, u64(event.to[j]) << 32 | event.kept[j]);
    } else {
        for (place = 0; place < event.size && place < s.used; ++place) {
            if (hole < numHoles && holes[hole] == place)
                ++hole;
            else
                insert(reserve, waiting, u64(entries[place]) << 32);
        }
    }
    for (u32 i = 0; i < event.firsts && s.used < s.depth; ++i) {
        if (event.bypass || s.used >= event.size)
            holes[numHoles++] = s.used;
        ++s.used;
    }
    if (!event.bypass) {
        for (u32 i = 0; i < event.size; ++i)
            entries[i] = T(event.to[i]);
        place = event.size;
    }
    const auto put = [&](u32 at, u64 element) {
        entries[at] = T(element >> 32);
        const u32 old = u32(element);
        if (old > at + 1) {
            event.kept[2 * numKept] = at + 1;
            event.kept[2 * numKept + 1] = old;
            ++numKept;
        }
    };
    while (waiting && place < s.used) {
        const u32 end = hole < numHoles ? holes[hole] : s.used;
        while (place < end) {
            const u32 block = place / 64;
            u64 worse = greater(entries + block * 64, u32(reserve[0] >> 32));
            worse = below(worse & (~u64(0) << (place % 64)), block, end);
            if (!worse) {
                place = block * 64 + 64;
                continue;
            }
            place = block * 64 + u32(__builtin_ctzll(worse));
            const u64 displaced = u64(entries[place]) << 32;
            put(place++, reserve[0]);
            replaceFirst(reserve, waiting, displaced);
        }
        place = end;
        if (hole < numHoles) {
            put(place++, reserve[0]);
            for (u32 i = 1; i < waiting; ++i)
                reserve[i - 1] = reserve[i];
            --waiting;
            ++hole;
        }
    }
    return {found, numKept};
}

#if defined(__AVX512VBMI2__)
/// Up to 256 entries of a byte in registers. A member's place is a hole that holds 0, better than all. Each hole in turn,
/// the nearest first, sends a carry down to it: at every place the better stays and the worse goes on, so what stays is
/// the lesser of an entry and the greatest before it, and that fills the hole (Mattson's update, for 64 places at once).
struct LaneTables
{
    alignas(64) u8 before[64], carry[3][64];
    constexpr LaneTables()
        : before()
        , carry()
    {
        for (u32 i = 0; i < 64; ++i) {
            before[i] = u8(i - 1);
            for (u32 j = 0; j < 3; ++j)
                carry[j][i] = u8((i / 16 - j) * 16 - 1); // the last lane of the (j + 1)-th group of 16 before
        }
    }
};
constexpr LaneTables kLaneTables;

struct Lanes
{
    const __m512i before = _mm512_load_si512(kLaneTables.before);
    const __m512i carry1 = _mm512_load_si512(kLaneTables.carry[0]);
    const __m512i carry2 = _mm512_load_si512(kLaneTables.carry[1]);
    const __m512i carry3 = _mm512_load_si512(kLaneTables.carry[2]);
};

/// The greatest of the lanes so far. Shallow: only of the first 16.
template <bool Shallow> inline __m512i runningMaximum(__m512i x, const Lanes& lanes)
{
    x = _mm512_max_epu8(x, _mm512_bslli_epi128(x, 1));
    x = _mm512_max_epu8(x, _mm512_bslli_epi128(x, 2));
    x = _mm512_max_epu8(x, _mm512_bslli_epi128(x, 4));
    x = _mm512_max_epu8(x, _mm512_bslli_epi128(x, 8));
    if (Shallow)
        return x;
    const __m512i a = _mm512_maskz_permutexvar_epi8(~u64(0) << 16, lanes.carry1, x);
    const __m512i b = _mm512_maskz_permutexvar_epi8(~u64(0) << 32, lanes.carry2, x);
    const __m512i c = _mm512_maskz_permutexvar_epi8(~u64(0) << 48, lanes.carry3, x);
    return _mm512_max_epu8(_mm512_max_epu8(x, a), _mm512_max_epu8(b, c));
}

/// As findThresholds, of at most 16. (All lanes are stored: what a mask has stored cannot be forwarded to a load.)
inline void findFewThresholds(const StackEvent& event, u32* out)
{
    const __m512i to = _mm512_maskz_loadu_epi32(__mmask16((1u << event.numMoved) - 1), event.to);
    __m512i thresholds = to;
    for (u32 j = 0; j < event.numMoved; ++j) {
        const __mmask16 later = _mm512_cmpgt_epu32_mask(to, _mm512_set1_epi32(int(event.to[j])));
        thresholds = _mm512_mask_sub_epi32(thresholds, later, thresholds, _mm512_set1_epi32(1));
    }
    _mm512_storeu_si512(out, thresholds);
}

/// B: blocks of 64.
template <u32 B, bool Shallow> StackOutcome stepBytes(StackState& s, const StackEvent& event)
{
    const Lanes lanes;
    u8* const entries = static_cast<u8*>(s.entries);
    __m512i old[B], now[B];
    u64 holes[B];
    u32 few[16];
    const u32* thresholds = event.numMoved == 1 ? event.to : event.numMoved <= 16 ? few : s.thresholds;
    if (event.numMoved > 16)
        findThresholds(s, event);
    else if (event.numMoved > 1)
        findFewThresholds(event, few);
    const u32 blocks = (s.used + 63) / 64;
    u32 found = 0;
    for (u32 b = 0; b < B; ++b) {
        holes[b] = 0;
        old[b] = now[b] = _mm512_setzero_si512();
        if (b >= blocks)
            continue;
        const __m512i z = _mm512_loadu_si512(entries + b * 64);
        const u64 valid = below(~u64(0), b, s.used);
        __m512i v = z;
        if (event.membersLead) {
            v = _mm512_sub_epi8(z, _mm512_set1_epi8(char(event.size)));
        } else {
            for (u32 j = 0; j < event.numMoved; ++j) {
                const __m512i from = _mm512_set1_epi8(char(event.from[j]));
                v = _mm512_mask_sub_epi8(v, _mm512_cmpgt_epu8_mask(z, from), v, _mm512_set1_epi8(1));
            }
        }
        __m512i risen = v;
        for (u32 j = 0; j < event.numMoved; ++j) {
            const __m512i threshold = _mm512_set1_epi8(char(thresholds[j]));
            risen = _mm512_mask_add_epi8(risen, _mm512_cmpge_epu8_mask(v, threshold), risen, _mm512_set1_epi8(1));
        }
        if (event.membersLead) {
            holes[b] = _mm512_cmplt_epu8_mask(z, _mm512_set1_epi8(char(event.size))) & valid;
        } else {
            for (u32 j = 0; j < event.numMoved; ++j) {
                const u64 at = _mm512_cmpeq_epi8_mask(z, _mm512_set1_epi8(char(event.from[j]))) & valid;
                if (j < event.size)
                    holes[b] |= at;
                else
                    risen = _mm512_mask_mov_epi8(risen, at, _mm512_set1_epi8(char(event.to[j])));
            }
        }
        for (u64 bits = holes[b]; bits; bits &= bits - 1)
            event.positions[found++] = b * 64 + u32(__builtin_ctzll(bits)) + 1;
        old[b] = z;
        now[b] = _mm512_mask_mov_epi8(risen, holes[b], _mm512_setzero_si512());
    }

    // Carries: to each hole, then those that no hole ends.
    u32 hole = 0;
    for (u32 j = 0; j < event.size; ++j) {
        u32 end; // place of the hole
        if (hole < found)
            end = event.positions[hole++] - 1;
        else if (j < found + event.firsts && s.used < s.depth)
            end = s.used++;
        else
            end = s.depth;
        __m512i carry = _mm512_setzero_si512();
        if (event.bypass) {
            carry = _mm512_set1_epi8(char(event.to[j]));
            if (Shallow && end == s.depth && !below(_mm512_cmpgt_epu8_mask(now[0], carry), 0, s.used))
                continue; // nothing is worse
        } else if (end == j)
            continue; // those before are in place already
        for (u32 b = 0; b < B && b * 64 <= end; ++b) {
            const __m512i greatest =
                runningMaximum<Shallow>(_mm512_mask_permutexvar_epi8(carry, ~u64(1), lanes.before, now[b]), lanes);
            if (b + 1 < B)
                carry = _mm512_maskz_permutexvar_epi8(
                    ~u64(0), _mm512_set1_epi8(63), _mm512_max_epu8(greatest, now[b]));
            const u64 passed = below(~u64(0), b, end);
            now[b] = _mm512_mask_min_epu8(now[b], passed, now[b], greatest);
            if (end / 64 == b)
                now[b] = _mm512_mask_mov_epi8(now[b], u64(1) << (end % 64), greatest);
        }
    }
    if (!event.bypass) {
        const __mmask16 members = __mmask16((1u << event.size) - 1);
        const __m128i to = _mm512_maskz_cvtepi32_epi8(members, _mm512_maskz_loadu_epi32(members, event.to));
        now[0] = _mm512_mask_mov_epi8(now[0], members, _mm512_zextsi128_si512(to));
    }
    for (u32 b = 0; b < B && b * 64 < s.used; ++b)
        _mm512_storeu_si512(entries + b * 64, now[b]);
    u32 numKept = 0;
    for (u32 j = 0; event.bypass && j < event.size; ++j) {
        u32 before = 0xFFFFFFFFu, after = 0xFFFFFFFFu;
        for (u32 b = B; b-- > 0;) {
            const u64 was = _mm512_cmpeq_epi8_mask(old[b], _mm512_set1_epi8(char(event.from[j]))) & holes[b];
            const u64 is = below(_mm512_cmpeq_epi8_mask(now[b], _mm512_set1_epi8(char(event.to[j]))), b, s.used);
            before = was ? b * 64 + u32(__builtin_ctzll(was)) + 1 : before;
            after = is ? b * 64 + u32(__builtin_ctzll(is)) + 1 : after;
        }
        event.kept[2 * numKept] = after;
        event.kept[2 * numKept + 1] = before;
        numKept += after < before;
    }
    return {found, numKept};
}

/// The same for many events in a row; see StackKernels.
template <u32 B> void stepLeadingBytes(StackState& s, const u8* to, u32 size, u64 count, u32 never, u32* places)
{
    const Lanes lanes;
    u8* const entries = static_cast<u8*>(s.entries);
    __m512i now[B];
    for (u32 b = 0; b < B; ++b)
        now[b] = b * 64 < s.used ? _mm512_loadu_si512(entries + b * 64) : _mm512_setzero_si512();
    const __m512i one = _mm512_set1_epi8(1), sizes = _mm512_set1_epi8(char(size));
    const __mmask16 members = __mmask16((1u << size) - 1);
    for (u64 n = 0; n < count; ++n, to += size, places += size) {
        const __m128i ranks = _mm_maskz_loadu_epi8(members, to);
        u8 thresholds[kMostCounted];
        __m128i arrivals = ranks;
        for (u32 j = 0; j < size; ++j) {
            const __mmask16 later = _mm_cmpgt_epu8_mask(ranks, _mm_set1_epi8(char(to[j])));
            arrivals = _mm_mask_sub_epi8(arrivals, later, arrivals, _mm_set1_epi8(1));
        }
        _mm_storeu_si128(reinterpret_cast<__m128i*>(thresholds), arrivals);
        u32 found = 0;
        for (u32 b = 0; b < B; ++b) {
            const u64 holes = below(_mm512_cmplt_epu8_mask(now[b], sizes), b, s.used);
            const __m512i v = _mm512_sub_epi8(now[b], sizes);
            __m512i risen = v;
            for (u32 j = 0; j < size; ++j) {
                const __m512i threshold = _mm512_set1_epi8(char(thresholds[j]));
                risen = _mm512_mask_add_epi8(risen, _mm512_cmpge_epu8_mask(v, threshold), risen, one);
            }
            now[b] = _mm512_maskz_mov_epi8(~holes, risen);
            for (u64 bits = holes; bits; bits &= bits - 1)
                places[found++] = b * 64 + u32(__builtin_ctzll(bits));
        }
        for (u32 j = 0; j < size; ++j) {
            const u32 end = j < found ? places[j] : s.depth;
            if (end == j)
                continue; // those before are in place already
            __m512i carry = _mm512_setzero_si512();
            for (u32 b = 0; b < B && b * 64 <= end; ++b) {
                const __m512i greatest =
                    runningMaximum<false>(_mm512_mask_permutexvar_epi8(carry, ~u64(1), lanes.before, now[b]), lanes);
                if (b + 1 < B)
                    carry = _mm512_maskz_permutexvar_epi8(
                        ~u64(0), _mm512_set1_epi8(63), _mm512_max_epu8(greatest, now[b]));
                const u64 at = end / 64 == b ? u64(1) << (end % 64) : 0;
                const __m512i lesser = _mm512_mask_min_epu8(now[b], below(~u64(0), b, end), now[b], greatest);
                now[b] = _mm512_mask_mov_epi8(lesser, at, greatest);
            }
        }
        now[0] = _mm512_mask_mov_epi8(now[0], members, _mm512_zextsi128_si512(ranks));
        for (; found < size; ++found)
            places[found] = never;
    }
    for (u32 b = 0; b < B && b * 64 < s.used; ++b)
        _mm512_storeu_si512(entries + b * 64, now[b]);
}

/// A stack of at most 16 entries whose members compete.
void stepLeadingShallow(StackState& s, const u8* to, u32 size, u64 count, u32 never, u32* places, std::int64_t* kept)
{
    const u32 valid = (1u << s.used) - 1; // no more than 16; all that matter once nothing is new
    const __m128i sizes = _mm_set1_epi8(char(size)), one = _mm_set1_epi8(1);
    const __mmask16 members = __mmask16((1u << size) - 1);
    __m128i now = _mm_loadu_si128(static_cast<const __m128i*>(s.entries));
    for (u64 n = 0; n < count; ++n, to += size, places += size) {
        const __m128i ranks = _mm_maskz_loadu_epi8(members, to);
        __m128i arrivals = ranks;
        for (u32 j = 0; j < size; ++j) {
            const __mmask16 later = _mm_cmpgt_epu8_mask(ranks, _mm_set1_epi8(char(to[j])));
            arrivals = _mm_mask_sub_epi8(arrivals, later, arrivals, one);
        }
        u8 thresholds[kMostCounted], before[16];
        _mm_storeu_si128(reinterpret_cast<__m128i*>(thresholds), arrivals);
        _mm_storeu_si128(reinterpret_cast<__m128i*>(before), now);
        const u32 holes = _mm_cmplt_epu8_mask(now, sizes) & valid;
        const __m128i v = _mm_sub_epi8(now, sizes);
        __m128i risen = v;
        for (u32 j = 0; j < size; ++j)
            risen = _mm_mask_add_epi8(
                risen, _mm_cmpge_epu8_mask(v, _mm_set1_epi8(char(thresholds[j]))), risen, one);
        now = _mm_maskz_mov_epi8(__mmask16(~holes), risen);
        u32 left = holes;
        for (u32 j = 0; j < size; ++j) {
            const __m128i carry = _mm_set1_epi8(char(to[j]));
            const u32 hole = left & -left;
            const u32 passed = hole ? hole - 1 : valid;
            left ^= hole;
            if (!hole && !(_mm_cmpgt_epu8_mask(now, carry) & valid))
                continue; // nothing is worse
            __m128i x = _mm_mask_mov_epi8(_mm_bslli_si128(now, 1), 1, carry);
            x = _mm_max_epu8(x, _mm_bslli_si128(x, 1));
            x = _mm_max_epu8(x, _mm_bslli_si128(x, 2));
            x = _mm_max_epu8(x, _mm_bslli_si128(x, 4));
            x = _mm_max_epu8(x, _mm_bslli_si128(x, 8));
            now = _mm_mask_min_epu8(now, __mmask16(passed), now, x);
            now = _mm_mask_mov_epi8(now, __mmask16(hole), x);
        }
        u32 inside = 0; // members afterwards
        for (u32 j = 0; j < size; ++j)
            inside |= _mm_cmpeq_epi8_mask(now, _mm_set1_epi8(char(to[j])));
        for (u32 bits = inside & valid; bits; bits &= bits - 1)
            ++kept[__builtin_ctz(bits)];
        u32 found = 0;
        for (u32 bits = holes; bits; bits &= bits - 1) {
            const u32 place = u32(__builtin_ctz(bits));
            const u32 after = _mm_cmpeq_epi8_mask(now, _mm_set1_epi8(char(to[before[place]]))) & valid;
            places[found++] = place;
            if (after)
                --kept[u32(__builtin_ctz(after)) > place ? u32(__builtin_ctz(after)) : place];
        }
        for (; found < size; ++found)
            places[found] = never;
    }
    _mm_storeu_si128(static_cast<__m128i*>(s.entries), now);
}

void stepLeading(
    StackState& state, const u8* to, u32 size, u64 count, u32 never, u32* places, std::int64_t* kept)
{
    if (kept)
        stepLeadingShallow(state, to, size, count, never, places, kept);
    else if (state.depth <= 64)
        stepLeadingBytes<1>(state, to, size, count, never, places);
    else if (state.depth <= 128)
        stepLeadingBytes<2>(state, to, size, count, never, places);
    else
        stepLeadingBytes<4>(state, to, size, count, never, places);
}
constexpr auto kStepLeading = stepLeading;
#else
constexpr decltype(StackKernels::stepLeading) kStepLeading = nullptr;
#endif

StackOutcome step(StackState& state, const StackEvent& event)
{
#if defined(__AVX512VBMI2__)
    if (state.rankBytes == 1 && event.size <= kMostCounted) {
        if (state.depth <= 64)
            return state.depth <= 16 ? stepBytes<1, true>(state, event) : stepBytes<1, false>(state, event);
        return state.depth <= 128 ? stepBytes<2, false>(state, event) : stepBytes<4, false>(state, event);
    }
#endif
    if (state.rankBytes == 1)
        return stepOf<u8>(state, event);
    return state.rankBytes == 2 ? stepOf<u16>(state, event) : stepOf<u32>(state, event);
}

}

extern const StackKernels kTable;
const StackKernels kTable = {ES_NAME, kFewByRank, recency, count, drops, step, kStepLeading};

}
