// SPDX-License-Identifier: GPL-3.0-or-later
//
// Part of byte_kernels_impl.h: LFRU of all sizes in one stack (see policies/lfru.cpp), in blocks of at most 8 places that
// end where sizes do: within a block the order does not matter. What waits for a place on the way down is 8 keys, too, so
// each block is a merge: of 16 the 8 best stay, the 8 worst go on. Places that members leave hold the worst key of all,
// and so does what is not waiting. An object that was not asked for yet is in the stack from the start, worse than any
// other: a slot that it has is free.
#pragma once

#include "analysis/simulation/byte_lists/byte_counts.h"

namespace expertscope::simulation::ES_KERNELS {
namespace {

constexpr u64 kWorst = ~u64(0), kNotAsked = u64(0xFFF) << 52;

/// Of 8 lanes those at a distance are compared; the greater goes to the lanes in `greater`.
template <typename Turn> inline __m512i exchanged(__m512i keys, __mmask8 greater, const Turn& turn)
{
    const __m512i others = turn(keys);
    return _mm512_mask_max_epu64(_mm512_min_epu64(keys, others), greater, keys, others);
}
inline __m512i byOne(__m512i keys)
{
    return _mm512_permutex_epi64(keys, 0xB1);
}
inline __m512i byTwo(__m512i keys)
{
    return _mm512_permutex_epi64(keys, 0x4E);
}
inline __m512i byFour(__m512i keys)
{
    return _mm512_shuffle_i64x2(keys, keys, 0x4E);
}
inline __m512i turnedInFour(__m512i keys)
{
    return _mm512_permutex_epi64(keys, 0x1B);
}
inline __m512i ascending(__m512i keys)
{
    keys = exchanged(keys, 0xAA, byOne);
    keys = exchanged(keys, 0xCC, turnedInFour);
    keys = exchanged(keys, 0xAA, byOne);
    keys = exchanged(keys, 0xF0, [](__m512i x) { return turnedInFour(byFour(x)); });
    keys = exchanged(keys, 0xCC, byTwo);
    return exchanged(keys, 0xAA, byOne);
}
/// Of keys that rise and then fall, or the other way round.
inline __m512i descending(__m512i keys)
{
    keys = exchanged(keys, 0x0F, byFour);
    keys = exchanged(keys, 0x33, byTwo);
    return exchanged(keys, 0x55, byOne);
}

/// A key: what is kept longest is least. The score's bits, the other way round, but for the last 8: where scores differ
/// (fractions of numbers below 2^21) they differ before these. Those are the place in the order of last use.
template <u32 T> class LfruStack
{
public:
    explicit LfruStack(ByteCaches& caches)
        : m_caches(caches)
        , m_asked(Bits<T>::from(caches.marks))
        , m_places(Bytes<T>::from(caches.places))
        , m_last(caches)
    {
        u32 place = 0;
        for (u32 s = 0; s < caches.numSizes; ++s) {
            m_below[s] = Bits<T>::below(caches.capacity[s]);
            for (; place < caches.capacity[s]; place += m_blocks[m_numBlocks++].size)
                m_blocks[m_numBlocks] = {place, least(caches.capacity[s] - place, 8)};
        }
    }
    LfruStack(const LfruStack&) = delete;
    ~LfruStack()
    {
        m_asked.to(m_caches.marks);
        m_places.to(m_caches.places);
    }

    void serve(const Event<T>& event, u8* misses)
    {
        const Bytes<T> stack = Bytes<T>::from(m_caches.stack);
        alignas(64) u8 before[T * 64 + 64];
        stack.to(before);
        Bits<T> holes, hits;
        const Bits<T> valid = m_below[m_caches.numSizes - 1];
        for (u32 b = 0; b < T; ++b) {
            const __m512i tags = event.tags.look(stack.v[b], valid.w[b]);
            holes.w[b] = _mm512_test_epi8_mask(tags, tags);
        }
        use(event, stack, holes, hits);
        for (u32 s = 0; s < m_caches.numSizes; ++s)
            misses[s] = u8(event.size - (hits & m_below[s]).count());

        // The members first; they are better than anyone.
        alignas(64) u64 first[8];
        for (u32 i = 0; i < 8; ++i)
            first[i] = kWorst;
        for (u32 i = 0; i < event.size; ++i)
            first[8 - event.size + i] = 256 + 255 - (m_caches.numObjects - event.size + i);
        __m512i waiting = _mm512_load_si512(first);
        u32 left = event.size;
        for (u32 n = 0; n < m_numBlocks && left > 0; ++n) {
            const Block block = m_blocks[n];
            u64 objects;
            __builtin_memcpy(&objects, before + block.place, 8);
            const __mmask8 lanes = __mmask8((1u << block.size) - 1);
            const __mmask8 leave = __mmask8(holes.down(block.place).w[0]) & lanes;
            const __m512i at = _mm512_cvtepu8_epi64(_mm_cvtsi64_si128(static_cast<long long>(objects)));
            __m512i keys = _mm512_mask_i64gather_epi64(_mm512_setzero_si512(), lanes, at, m_keys, 8);
            keys = ascending(_mm512_mask_set1_epi64(keys, leave, static_cast<long long>(kWorst)));
            const __m512i best = _mm512_min_epu64(keys, waiting);
            waiting = descending(_mm512_max_epu64(keys, waiting));
            // Lanes beyond the block hold 0, the best of all.
            const __mmask8 staying = _mm512_test_epi64_mask(best, best);
            const __m128i places = _mm512_cvtepi64_epi8(_mm512_maskz_compress_epi64(staying, best));
            _mm_storel_epi64(reinterpret_cast<__m128i*>(m_after + block.place), places);
            left -= u32(__builtin_popcount(leave));
            m_end = block.place + block.size;
        }
        // Places in the order of last use, the other way round, to objects; behind them nothing has changed.
        const Bytes<T> codes = Bytes<T>::from(m_after);
        const Bits<T> changed = Bits<T>::below(event.size > 0 ? m_end : 0);
        for (u32 b = 0; b < T; ++b) {
            const __m512i places = _mm512_xor_si512(codes.v[b], _mm512_set1_epi8(-1)); // 255 - code
            const __m512i objects = m_last.objects().look(places, changed.w[b]);
            _mm512_storeu_si512(m_caches.stack + b * 64, _mm512_mask_mov_epi8(stack.v[b], changed.w[b], objects));
        }
    }

private:
    struct Block
    {
        u32 place, size;
    };

    void use(const Event<T>& event, const Bytes<T>& stack, const Bits<T>& holes, Bits<T>& hits)
    {
        double* const uses = m_caches.scores;
        double* const last = uses + kMostByteObjects;
        double& unit = uses[2 * kMostByteObjects];
        unit += 1;
        alignas(16) u8 members[16];
        _mm_store_si128(reinterpret_cast<__m128i*>(members), event.members);
        // Only who was asked for before can hit.
        Bytes<T> asked;
        for (u32 b = 0; b < T; ++b)
            asked.v[b] = _mm512_movm_epi8(m_asked.w[b]);
        hits = Bits<T>::each([&](u32 b) {
            return _mm512_movepi8_mask(asked.look(stack.v[b], holes.w[b]));
        });
        alignas(64) u8 old[T * 64];
        m_places.to(old);
        Bytes<T> now = m_places;
        for (u32 i = 0; i < event.size; ++i) {
            const u8 member = members[i];
            uses[member] += 1;
            last[member] = unit;
            const __m512i place = _mm512_set1_epi8(char(old[member]));
            for (u32 b = 0; b < T; ++b)
                now.v[b] = _mm512_mask_sub_epi8(now.v[b], _mm512_cmpgt_epu8_mask(m_places.v[b], place), now.v[b],
                    _mm512_set1_epi8(1));
        }
        for (u32 i = 0; i < event.size; ++i) {
            const __m512i member = _mm512_set1_epi8(char(members[i]));
            const __m512i place = _mm512_set1_epi8(char(m_caches.numObjects - event.size + i));
            for (u32 b = 0; b < T; ++b) {
                const u64 here = _mm512_cmpeq_epi8_mask(numbersFrom(b), member);
                now.v[b] = _mm512_mask_mov_epi8(now.v[b], here, place);
                m_asked.w[b] |= here;
            }
        }
        m_places = now;
        alignas(64) u8 codes[T * 64];
        for (u32 b = 0; b < T; ++b)
            _mm512_store_si512(codes + b * 64, _mm512_xor_si512(now.v[b], _mm512_set1_epi8(-1)));
        m_last.next(event);
        const __m512d next = _mm512_set1_pd(unit + 1);
        for (u32 v = 0; v < m_caches.numObjects; v += 8) {
            const __m512d age = _mm512_sub_pd(next, _mm512_loadu_pd(last + v));
            const __m512i score = _mm512_castpd_si512(_mm512_div_pd(_mm512_loadu_pd(uses + v), age));
            const __m512i code
                = _mm512_cvtepu8_epi64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(codes + v)));
            __m512i key = _mm512_or_si512(_mm512_set1_epi64(255), score); // not score, but for the last bits
            key = _mm512_or_si512(_mm512_xor_si512(key, _mm512_set1_epi64(-1)), code);
            const __mmask8 others = __mmask8(~(m_asked.w[v / 64] >> v % 64));
            key = _mm512_mask_or_epi64(key, others, code, _mm512_set1_epi64(static_cast<long long>(kNotAsked)));
            _mm512_store_si512(m_keys + v, key);
        }
    }
    ByteCaches& m_caches;
    Bits<T> m_asked;
    Bytes<T> m_places; ///< [object] in the order of last use, the most recent last
    ByLastUse<T> m_last; ///< the objects by these places
    alignas(64) u64 m_keys[T * 64];
    alignas(64) u8 m_after[T * 64 + 64] = {};
    Bits<T> m_below[64];
    Block m_blocks[kMostByteObjects / 8 + 64];
    u32 m_numBlocks = 0, m_end = 0;
};

}
}
