// SPDX-License-Identifier: GPL-3.0-or-later
//
// Part of byte_kernels_impl.h: places of a list as bits, objects as bytes, 64 a word and a register.
#pragma once

#include "analysis/simulation/byte_lists/byte_kernels.h"

#include <immintrin.h>

namespace expertscope::simulation::ES_KERNELS {
namespace {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;

inline u32 least(u32 a, u32 b)
{
    return a < b ? a : b;
}
inline u32 over(u32 a, u32 b)
{
    return a > b ? a - b : 0;
}

/// Places 0 .. 64 B - 1.
template <u32 B> struct Bits
{
    u64 w[B];

    Bits operator&(const Bits& o) const { return each([&](u32 b) { return w[b] & o.w[b]; }); }
    Bits operator|(const Bits& o) const { return each([&](u32 b) { return w[b] | o.w[b]; }); }
    Bits operator~() const { return each([&](u32 b) { return ~w[b]; }); }
    u32 count() const
    {
        u32 sum = 0;
        for (u32 b = 0; b < B; ++b)
            sum += u32(__builtin_popcountll(w[b]));
        return sum;
    }
    bool any() const
    {
        u64 all = 0;
        for (u32 b = 0; b < B; ++b)
            all |= w[b];
        return all != 0;
    }
    /// The n lowest of these, or all.
    Bits lowest(u32 n) const
    {
        Bits some;
        for (u32 b = 0; b < B; ++b) {
            const u32 take = least(n, u32(__builtin_popcountll(w[b])));
            some.w[b] = _pdep_u64(_bzhi_u64(~u64(0), take), w[b]);
            n -= take;
        }
        return some;
    }
    /// Behind the highest; 0: there is none.
    u32 end() const
    {
        u32 place = 0;
        for (u32 b = 0; b < B; ++b)
            place = w[b] ? b * 64 + 64 - u32(__builtin_clzll(w[b])) : place;
        return place;
    }
    /// n places further down, up; n: at most 64 B.
    Bits down(u32 n) const
    {
        if constexpr (B == 2)
            return ofPair(n < 128 ? pair() >> n : 0);
        return each([&](u32 b) {
            const u32 q = b + n / 64;
            const u64 low = q < B ? w[q] : 0, high = q + 1 < B ? w[q + 1] : 0;
            return low >> n % 64 | high << 1 << (63 - n % 64);
        });
    }
    Bits up(u32 n) const
    {
        if constexpr (B == 2)
            return ofPair(n < 128 ? pair() << n : 0);
        return each([&](u32 b) {
            const u32 q = n / 64;
            const u64 high = b >= q ? w[b - q] : 0, low = b >= q + 1 ? w[b - q - 1] : 0;
            return high << n % 64 | low >> 1 >> (63 - n % 64);
        });
    }
    /// Those in `places`, which close up.
    Bits closedUp(const Bits& places) const
    {
        Bits all = {};
        u32 next = 0;
        for (u32 b = 0; b < B; ++b) {
            Bits part = {};
            part.w[0] = _pext_u64(w[b], places.w[b]);
            all = all | part.up(next);
            next += u32(__builtin_popcountll(places.w[b]));
        }
        return all;
    }

    template <typename Word> static Bits each(const Word& word)
    {
        Bits bits;
        for (u32 b = 0; b < B; ++b)
            bits.w[b] = word(b);
        return bits;
    }
    static Bits below(u32 n)
    {
        return each([&](u32 b) { return _bzhi_u64(~u64(0), least(over(n, b * 64), 64)); });
    }
    static Bits from(const u64* words)
    {
        return each([&](u32 b) { return words[b]; });
    }
    void to(u64* words) const
    {
        for (u32 b = 0; b < B; ++b)
            words[b] = w[b];
    }

private:
    __extension__ typedef unsigned __int128 Pair;
    Pair pair() const { return Pair(w[B - 1]) << 64 | w[0]; }
    static Bits ofPair(Pair both)
    {
        Bits bits = {};
        bits.w[0] = u64(both);
        bits.w[B - 1] = u64(both >> 64);
        return bits;
    }
};

struct ByteNumbers
{
    alignas(64) u8 value[256];
    constexpr ByteNumbers()
        : value()
    {
        for (u32 i = 0; i < 256; ++i)
            value[i] = u8(i);
    }
};
constexpr ByteNumbers kNumbers;

inline __m512i numbersFrom(u32 block)
{
    return _mm512_load_si512(kNumbers.value + block * 64);
}

/// A byte for each of 64 B.
template <u32 B> struct Bytes
{
    __m512i v[B];

    static Bytes from(const u8* bytes)
    {
        Bytes all;
        for (u32 b = 0; b < B; ++b)
            all.v[b] = _mm512_loadu_si512(bytes + b * 64);
        return all;
    }
    void to(u8* bytes) const
    {
        for (u32 b = 0; b < B; ++b)
            _mm512_storeu_si512(bytes + b * 64, v[b]);
    }
    /// Those at the places `at`, each below 64 B; 0 where not `wanted`.
    __m512i look(__m512i at, u64 wanted) const
    {
        if constexpr (B == 1)
            return _mm512_maskz_permutexvar_epi8(wanted, at, v[0]);
        else if constexpr (B == 2)
            return _mm512_maskz_permutex2var_epi8(wanted, v[0], at, v[1]);
        else
            return _mm512_mask_mov_epi8(_mm512_maskz_permutex2var_epi8(wanted, v[0], at, v[1]),
                wanted & _mm512_movepi8_mask(at), _mm512_permutex2var_epi8(v[2], at, v[3]));
    }
    /// Those in `places`, which are at most 16.
    __m128i few(const Bits<B>& places) const
    {
        __m128i all = _mm_setzero_si128();
        u32 count = 0;
        for (u32 b = 0; b < B; ++b) {
            const __m512i some = _mm512_maskz_compress_epi8(places.w[b], v[b]);
            all = _mm_mask_expand_epi8(all, __mmask16(~0u << count), _mm512_castsi512_si128(some));
            count += u32(__builtin_popcountll(places.w[b]));
        }
        return all;
    }
    /// Those in `places` from `to` on. Writes 64 bytes for each block, from `to` to behind them.
    u8* closedUpTo(u8* to, const Bits<B>& places) const
    {
        for (u32 b = 0; b < B; ++b) {
            _mm512_storeu_si512(to, _mm512_maskz_compress_epi8(places.w[b], v[b]));
            to += __builtin_popcountll(places.w[b]);
        }
        return to;
    }
};

inline u32 sumOf(__m512i eightSums)
{
    return u32(_mm512_reduce_add_epi64(eightSums));
}

/// The event at hand. Members in the order of service, the weakest router rank first.
template <u32 T> struct Event
{
    u32 size;
    __m128i members;
    Bytes<T> tags; ///< [object] bit i: member i; 0: none

    Event(const u32* objects, u32 count)
        : size(count)
    {
        for (u32 b = 0; b < T; ++b)
            tags.v[b] = _mm512_setzero_si512();
        alignas(16) u8 bytes[16] = {};
        for (u32 i = 0; i < count; ++i) {
            const u8 object = u8(objects[count - 1 - i]);
            bytes[i] = object;
            const __m512i same = _mm512_set1_epi8(char(object)), tag = _mm512_set1_epi8(char(1u << i));
            for (u32 b = 0; b < T; ++b)
                tags.v[b] = _mm512_mask_mov_epi8(tags.v[b], _mm512_cmpeq_epi8_mask(numbersFrom(b), same), tag);
        }
        members = _mm_load_si128(reinterpret_cast<const __m128i*>(bytes));
    }
    u32 all() const { return (1u << size) - 1; }
    /// Some of the members, closed up.
    __m128i some(u32 which) const { return _mm_maskz_compress_epi8(__mmask16(which), members); }
};

/// Which members a list holds, and where.
template <u32 B> struct Found
{
    Bytes<B> tags; ///< by place
    Bits<B> places;
    u32 members;

    template <u32 T> Found(const Event<T>& event, const Bytes<B>& list, const Bits<B>& valid)
    {
        __m512i sums = _mm512_setzero_si512();
        for (u32 b = 0; b < B; ++b) {
            tags.v[b] = event.tags.look(list.v[b], valid.w[b]);
            places.w[b] = _mm512_test_epi8_mask(tags.v[b], tags.v[b]);
            sums = _mm512_add_epi64(sums, _mm512_sad_epu8(tags.v[b], _mm512_setzero_si512()));
        }
        members = sumOf(sums); // each tag once
    }
};

inline void append(u8* to, __m128i objects)
{
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), objects);
}

/// Nothing that sizes share.
template <u32 T> struct NothingShared
{
    explicit NothingShared(ByteCaches&) { }
    void next(const Event<T>&) { }
};

/// T: registers that hold a byte for each object. Policy: Shared<T>; step<T, B>(caches, size, event, shared) serves an
/// event in one size, whose lists take B registers, and says how many were missing.
template <class Policy, u32 T> void serveOf(ByteCaches& caches, const EventRange& events, u8* misses)
{
    typename Policy::template Shared<T> shared(caches);
    u32 few = 0, some = 0;
    while (few < caches.numSizes && caches.capacity[few] <= 64)
        ++few;
    for (some = few; some < caches.numSizes && caches.capacity[some] <= 128;)
        ++some;
    for (u64 n = 0; n < events.count; ++n) {
        const u64 begin = events.begin(events.first + n);
        const Event<T> event(events.objects + begin, u32(events.begin(events.first + n + 1) - begin));
        shared.next(event);
        u32 s = 0;
        for (; s < few; ++s)
            *misses++ = u8(Policy::template step<T, 1>(caches, s, event, shared));
        if constexpr (T >= 2) {
            for (; s < some; ++s)
                *misses++ = u8(Policy::template step<T, 2>(caches, s, event, shared));
        }
        if constexpr (T == 4) {
            for (; s < caches.numSizes; ++s)
                *misses++ = u8(Policy::template step<T, 4>(caches, s, event, shared));
        }
    }
}

/// Stack<T>: serves an event in all sizes at once.
template <template <u32> class Stack, u32 T> void serveTogetherOf(ByteCaches& caches, const EventRange& events, u8* misses)
{
    Stack<T> stack(caches);
    for (u64 n = 0; n < events.count; ++n, misses += caches.numSizes) {
        const u64 begin = events.begin(events.first + n);
        stack.serve({events.objects + begin, u32(events.begin(events.first + n + 1) - begin)}, misses);
    }
}
template <template <u32> class Stack> void serveTogether(ByteCaches& caches, const EventRange& events, u8* misses)
{
    if (caches.numObjects <= 64)
        serveTogetherOf<Stack, 1>(caches, events, misses);
    else if (caches.numObjects <= 128)
        serveTogetherOf<Stack, 2>(caches, events, misses);
    else
        serveTogetherOf<Stack, 4>(caches, events, misses);
}

template <class Policy> void serveAll(ByteCaches& caches, const EventRange& events, u8* misses)
{
    if (caches.numObjects <= 64)
        serveOf<Policy, 1>(caches, events, misses);
    else if (caches.numObjects <= 128)
        serveOf<Policy, 2>(caches, events, misses);
    else
        serveOf<Policy, 4>(caches, events, misses);
}

}
}
