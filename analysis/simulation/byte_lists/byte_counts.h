// SPDX-License-Identifier: GPL-3.0-or-later
//
// Part of byte_kernels_impl.h: LFU that counts while an object is held; what sizes have in common where the order of last
// use matters.
#pragma once

#include "analysis/simulation/byte_lists/byte_queues.h"

namespace expertscope::simulation::ES_KERNELS {
namespace {

/// The order of last use is the same for all sizes. A size keeps a byte, or a bit, for each object by its place in it, so
/// that an event turns all of them in the same way: its members move to the end.
template <u32 T> class ByLastUse
{
public:
    explicit ByLastUse(ByteCaches& caches)
        : m_caches(caches)
        , m_order(Bytes<T>::from(caches.order))
        , m_valid(Bits<T>::below(caches.numObjects))
    {
    }
    ByLastUse(const ByLastUse&) = delete;
    ~ByLastUse() { m_order.to(m_caches.order); }

    void next(const Event<T>& event)
    {
        alignas(64) u8 bytes[T * 64 + 64];
        alignas(16) u8 members[16], places[16] = {};
        _mm_store_si128(reinterpret_cast<__m128i*>(members), event.members);
        Bits<T> moving = {};
        for (u32 i = 0; i < event.size; ++i) {
            const __m512i member = _mm512_set1_epi8(char(members[i]));
            for (u32 b = 0; b < T; ++b) {
                const u64 here = _mm512_cmpeq_epi8_mask(m_order.v[b], member) & m_valid.w[b];
                moving.w[b] |= here;
                places[i] = here ? u8(b * 64 + u32(__builtin_ctzll(here))) : places[i];
            }
        }
        Bytes<T> numbers;
        for (u32 b = 0; b < T; ++b)
            numbers.v[b] = numbersFrom(b);
        append(numbers.closedUpTo(bytes, m_valid & ~moving), _mm_load_si128(reinterpret_cast<const __m128i*>(places)));
        m_from = Bytes<T>::from(bytes);
        m_others = m_caches.numObjects - event.size;
        m_members = m_valid & ~Bits<T>::below(m_others);
        m_order = turned(m_order);
    }
    Bytes<T> turned(const Bytes<T>& old) const
    {
        Bytes<T> now;
        for (u32 b = 0; b < T; ++b)
            now.v[b] = old.look(m_from.v[b], m_valid.w[b]);
        return now;
    }
    Bits<T> turned(const Bits<T>& old) const
    {
        Bytes<T> bytes;
        for (u32 b = 0; b < T; ++b)
            bytes.v[b] = _mm512_movm_epi8(old.w[b]);
        bytes = turned(bytes);
        return Bits<T>::each([&](u32 b) { return _mm512_movepi8_mask(bytes.v[b]); });
    }
    const Bytes<T>& objects() const { return m_order; }
    /// Places of the event's members, in the order of service: the last ones.
    const Bits<T>& members() const { return m_members; }
    u32 membersIn(const Bits<T>& places) const { return u32((places & m_members).down(m_others).w[0]); }
    Bits<T> placesOf(u32 members) const
    {
        Bits<T> bits = {};
        bits.w[0] = members;
        return bits.up(m_others);
    }
    u8 objectAt(u32 place) const
    {
        alignas(64) u8 bytes[T * 64];
        m_order.to(bytes);
        return bytes[place];
    }

private:
    ByteCaches& m_caches;
    Bytes<T> m_order;
    const Bits<T> m_valid;
    Bytes<T> m_from; ///< where each place's object was before
    Bits<T> m_members;
    u32 m_others = 0;
};

/// Counts, up to 255, by the place in the order of last use; 0: not held. numbers: how many are held.
struct LfuCounts
{
    template <u32 T> struct Shared : ByLastUse<T>
    {
        explicit Shared(ByteCaches& caches)
            : ByLastUse<T>(caches)
            , uses(caches.uses)
        {
        }
        void next(const Event<T>& event)
        {
            ByLastUse<T>::next(event);
            alignas(16) u8 members[16];
            _mm_store_si128(reinterpret_cast<__m128i*>(members), event.members);
            for (u32 i = 0; i < event.size; ++i)
                ++uses[members[i]];
        }
        u32* const uses;
    };

    template <u32 T, u32 B> static u32 step(ByteCaches& caches, u32 size, const Event<T>&, const Shared<T>& shared)
    {
        u8* const bytes = listOf(caches, size);
        u32& length = numbersOf(caches, size)[0];
        Bytes<T> counts = shared.turned(Bytes<T>::from(bytes));
        const Bits<T>& members = shared.members();
        Bits<T> candidates;
        u32 loads = 0;
        u64 full = 0;
        for (u32 b = 0; b < T; ++b) {
            const u64 held = _mm512_test_epi8_mask(counts.v[b], counts.v[b]);
            loads += u32(__builtin_popcountll(members.w[b] & ~held));
            candidates.w[b] = held & ~members.w[b];
            full |= _mm512_mask_cmpeq_epu8_mask(members.w[b], counts.v[b], _mm512_set1_epi8(char(254)));
            counts.v[b] = _mm512_mask_adds_epu8(counts.v[b], members.w[b], counts.v[b], _mm512_set1_epi8(1));
        }
        if (full)
            noteFull(caches, size, counts, shared);
        u32 leaving = over(length + loads, caches.capacity[size]);
        length += loads - leaving;
        for (u32 fewest = 1; leaving > 0;) { // mostly there are such
            if (fewest == 255) {
                evictFull(caches, size, counts, candidates, leaving, shared);
                break;
            }
            const __m512i such = _mm512_set1_epi8(char(fewest));
            const Bits<T> oldest
                = Bits<T>::each([&](u32 b) { return _mm512_mask_cmpeq_epu8_mask(candidates.w[b], counts.v[b], such); })
                      .lowest(leaving);
            leave(counts, candidates, oldest);
            leaving -= oldest.count();
            if (leaving > 0)
                fewest = fewestOf(counts, candidates);
        }
        counts.to(bytes);
        return loads;
    }

private:
    template <u32 T> static u32 fewestOf(const Bytes<T>& counts, const Bits<T>& candidates)
    {
        __m512i all = _mm512_set1_epi8(-1);
        for (u32 b = 0; b < T; ++b)
            all = _mm512_mask_min_epu8(all, candidates.w[b], all, counts.v[b]);
        const __m256i half = _mm256_min_epu8(_mm512_castsi512_si256(all), _mm512_extracti64x4_epi64(all, 1));
        __m128i few = _mm_min_epu8(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
        few = _mm_and_si128(_mm_min_epu8(few, _mm_srli_epi16(few, 8)), _mm_set1_epi16(255));
        return u32(_mm_cvtsi128_si32(_mm_minpos_epu16(few))) & 255;
    }
    template <u32 T> static void leave(Bytes<T>& counts, Bits<T>& candidates, const Bits<T>& who)
    {
        for (u32 b = 0; b < T; ++b)
            counts.v[b] = _mm512_maskz_mov_epi8(~who.w[b], counts.v[b]);
        candidates = candidates & ~who;
    }
    /// Of members that have just reached 255 it is kept when they would have been at 0.
    template <u32 T>
    [[gnu::noinline]] static void noteFull(
        ByteCaches& caches, u32 size, const Bytes<T>& counts, const Shared<T>& shared)
    {
        u32* const before = caches.before + std::uintptr_t(size) * caches.numObjects;
        alignas(64) u8 now[T * 64];
        counts.to(now);
        for (u32 place = 0; place < caches.numObjects; ++place) {
            const u8 object = shared.objectAt(place);
            // Those that were at 255 before have been noted, and what is noted does not change.
            if ((shared.members().w[place / 64] >> place % 64 & 1) && now[place] == 255
                && !(before[object] & kNoted))
                before[object] = (shared.uses[object] - 255) | kNoted;
        }
    }
    template <u32 T>
    [[gnu::noinline]] static void evictFull(ByteCaches& caches, u32 size, Bytes<T>& counts, Bits<T>& candidates,
        u32 leaving, const Shared<T>& shared)
    {
        u32* const before = caches.before + std::uintptr_t(size) * caches.numObjects;
        for (; leaving > 0; --leaving) {
            u32 victim = ~u32(0), fewest = ~u32(0);
            for (u32 place = 0; place < caches.numObjects; ++place) {
                if (!(candidates.w[place / 64] >> place % 64 & 1))
                    continue;
                const u8 object = shared.objectAt(place);
                const u32 count = shared.uses[object] - (before[object] & ~kNoted);
                victim = count < fewest ? place : victim;
                fewest = least(count, fewest);
            }
            before[shared.objectAt(victim)] = 0;
            Bits<T> who = {};
            who.w[victim / 64] = u64(1) << victim % 64;
            leave(counts, candidates, who);
        }
    }
    static constexpr u32 kNoted = u32(1) << 31;
};

}
}
