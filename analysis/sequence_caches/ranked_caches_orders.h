// SPDX-License-Identifier: GPL-3.0-or-later
//
// Part of ranked_caches_impl.h: the orders of policies, and how a token changes them. All of a token's moves are found
// from the order before it.
#pragma once

#include "analysis/sequence_caches/ranked_caches_sets.h"

#if defined(__AVX512VBMI__) && defined(__AVX512BITALG__) && defined(__AVX512CD__) && defined(__GFNI__)
#define ES_LANES
#include "analysis/sequence_caches/ranked_caches_lanes.h"
#endif

namespace expertscope::ES_KERNELS {
namespace {

typedef u8 Bytes __attribute__((vector_size(ES_VECTOR)));

inline Bytes all(u32 value)
{
    return Bytes{} + u8(value);
}

/// A byte for each expert.
template <u32 W> struct alignas(64) Table
{
    static constexpr u32 kVectors = 64 * W / ES_VECTOR;
    u8 of[64 * W];

    Bytes at(u32 v) const { return reinterpret_cast<const Bytes*>(of)[v]; }
    void set(u32 v, Bytes bytes) { reinterpret_cast<Bytes*>(of)[v] = bytes; }
};

/// 1 for the expert, of those in the v-th vector.
inline Bytes oneOf(u32 expert, u32 v)
{
    static constexpr struct Ones
    {
        u8 bytes[2 * kMostRanked];
        constexpr Ones()
            : bytes()
        {
            bytes[kMostRanked] = 1;
        }
    } kOnes;
    Bytes one;
    __builtin_memcpy(&one, kOnes.bytes + kMostRanked - expert + v * ES_VECTOR, sizeof one);
    return one;
}

/// Whose value is above and whose group is it, 64 experts a word; groups(v) is a vector.
template <u32 W, typename Groups>
inline void findAbove(const Table<W>& values, u32 value, const Groups& groups, u32 group, u64* bits)
{
    for (u32 w = 0; w < W; ++w)
        bits[w] = 0;
    for (u32 v = 0; v < Table<W>::kVectors; ++v) {
        u64 some = 0;
#if defined(__AVX512BW__)
        const __mmask64 above = _mm512_cmpgt_epu8_mask(__m512i(values.at(v)), __m512i(all(value)));
        some = _mm512_mask_cmpeq_epi8_mask(above, __m512i(groups(v)), __m512i(all(group)));
#else
        const Bytes both = Bytes(values.at(v) > all(value)) & Bytes(groups(v) == all(group));
#if defined(__AVX2__)
        some = u32(_mm256_movemask_epi8(__m256i(both)));
#elif defined(__x86_64__)
        some = u32(_mm_movemask_epi8(__m128i(both)));
#else
        for (u32 i = 0; i < ES_VECTOR; ++i)
            some |= u64(both[i] & 1) << i;
#endif
#endif
        bits[v * ES_VECTOR / 64] |= some << (v * ES_VECTOR % 64);
    }
}

template <u32 W> inline u32 countOf(const u64* bits)
{
    u32 n = 0;
    for (u32 w = 0; w < W; ++w)
        n += u32(__builtin_popcountll(bits[w]));
    return n;
}

/// Choices of a token: any, or as many for all. Loops over a known number are unrolled.
using AnySize = u32;
template <u32 N> struct FixedSize
{
    constexpr operator u32() const { return N; }
};
template <typename Size> constexpr bool kIsEight = false;
template <> constexpr bool kIsEight<FixedSize<8>> = true;
template <typename Size> inline Size sizeOf(const RankedStream& stream, u32 token)
{
    if constexpr (sizeof(Size) == sizeof(u32))
        return stream.tokenEnds[token] - (token ? stream.tokenEnds[token - 1] : 0);
    else
        return Size();
}

/// Ages: time since the last use as a rank, 0 is the most recent. A token's experts become the most recent, one by one,
/// the last of them (Backwards: the first) the very most. `was`: their ages before.
template <u32 W, bool Backwards, typename Size>
inline void useAll(Table<W>& ages, const u8* experts, Size size, u8* was)
{
#if defined(ES_LANES)
    if constexpr (W == 1 && kIsEight<Size>) {
        const AgesAfter after = useEight<Backwards>(__m512i(ages.at(0)), eight(experts));
        _mm_storel_epi64(reinterpret_cast<__m128i*>(was), _mm512_castsi512_si128(after.places));
        ages.set(0, Bytes(after.ages));
        return;
    }
#endif
    for (u32 i = 0; i < size; ++i)
        was[i] = ages.of[experts[i]];
#if defined(__AVX512VBMI__)
    if constexpr (W == 1) {
        // Registers only, in two chains of dependent steps.
        const __m512i old = __m512i(ages.at(0)), one = _mm512_set1_epi8(1);
        __m512i others = old, members = old;
        __mmask64 isMember = 0;
        for (u32 i = 0; i < size; ++i) {
            const __m512i age = _mm512_maskz_permutexvar_epi8(~u64(0), _mm512_set1_epi8(char(experts[i])), old);
            others = _mm512_mask_add_epi8(others, _mm512_cmplt_epu8_mask(old, age), others, one);
            const __mmask64 member = u64(1) << experts[i];
            isMember |= member;
            members = _mm512_mask_mov_epi8(members, member, _mm512_set1_epi8(char(Backwards ? i : size - 1 - i)));
        }
        ages.set(0, Bytes(_mm512_mask_mov_epi8(others, isMember, members)));
        return;
    }
#endif
    for (u32 v = 0; v < Table<W>::kVectors; ++v) {
        const Bytes old = ages.at(v);
        Bytes now = old;
        for (u32 i = 0; i < size; ++i) {
            const Bytes age = all(was[i]);
            now = old < age ? now + 1 : now;
        }
        for (u32 i = 0; i < size; ++i)
            now = old == all(was[i]) ? all(Backwards ? i : size - 1 - i) : now;
        ages.set(v, now);
    }
}

// An order has
//     static constexpr bool kUpwards      a use moves an expert to a higher rank; else to a lower one
//     static constexpr bool kFromTop      it always has the highest rank when its turn comes
//     void start(u8* ranks)               of all experts in the order of their first use, at the beginning
//     void next(begin, size, from, to, token)   choices `begin` .. begin + size, a token: each one's rank when its turn
//                                               comes and after it; and the set of their ranks before the token

/// Ranks where all that counts is who is used first.
template <u32 W> inline void startByFirstUse(u8* ranks)
{
    for (u32 i = 0; i < 64 * W; ++i)
        ranks[i] = u8(64 * W - 1 - i);
}

/// Next uses. The one whose turn it is has the highest rank; it goes below those that are used again before it.
template <u32 W, typename Size> class BeladyOrder
{
public:
    static constexpr bool kUpwards = false, kFromTop = true;

    explicit BeladyOrder(const RankedStream& stream)
        : m_stream(stream)
    {
        // Ages in the stream read backwards.
        Table<W> ages;
        for (u32 i = 0; i < 64 * W; ++i)
            ages.of[i] = u8(i);
        u8 was[kMostRanked];
        for (u32 t = stream.numTokens; t-- > 0;) {
            const Size size = sizeOf<Size>(stream, t);
            const u32 begin = stream.tokenEnds[t] - size;
            useAll<W, true>(ages, stream.experts + begin, size, was);
            RankSet<W> later;
            for (u32 i = size; i-- > 0;) {
                // Those of the token that come later are used before, whenever they are used again.
                const u32 passed = size - 1 - i - later.count(0, was[i]);
                stream.scratch[begin + i] = u8(64 * W - 1 - (was[i] + passed));
                later.add(was[i]);
            }
        }
    }
    void start(u8* ranks) const { startByFirstUse<W>(ranks); }
    void next(u32 begin, Size size, u8* from, u8* to, RankSet<W>& token)
    {
        for (u32 i = 0; i < size; i += kSlack) {
            __builtin_memset(from + i, 64 * W - 1, kSlack);
            __builtin_memcpy(to + i, m_stream.scratch + begin + i, kSlack);
        }
        for (u32 w = 0; w < W; ++w)
            token.words[w] = ~RankSet<W>::below(64 * W - size, w);
    }

private:
    const RankedStream& m_stream;
};

/// (Uses so far, last use.) A use leads to the highest rank of those used as often as it then is.
template <u32 W, typename Size> class LfuOrder
{
public:
    static constexpr bool kUpwards = true, kFromTop = false;

    explicit LfuOrder(const RankedStream& stream)
        : m_stream(stream)
        , m_upTo(stream.counts + 2)
    {
        m_upTo[-1] = m_upTo[-2] = 0;
        for (u32 c = 0; c < stream.numTokens + 2; ++c)
            m_upTo[c] = 64 * W;
        for (u32 i = 0; i < 64 * W; ++i)
            m_ranks.of[stream.byFirstUse[i]] = u8(64 * W - 1 - i);
    }
    void start(u8* ranks) const { startByFirstUse<W>(ranks); }
    void next(u32 begin, Size size, u8* from, u8* to, RankSet<W>& token)
    {
        const u8* const experts = m_stream.experts + begin;
        u8 was[kMostRanked], last[kMostRanked], after[kMostRanked];
        token = {};
        for (u32 i = 0; i < size; ++i) {
            const u32 uses = m_uses[experts[i]];
            was[i] = m_ranks.of[experts[i]];
            last[i] = u8(m_upTo[uses + 1] - 1);
            // Passed by those before it of as many uses, if they were below, and of one use less.
            from[i] = u8(was[i] - token.count(m_upTo[int(uses) - 2], was[i]));
            token.add(was[i]);
        }
        for (u32 i = 0; i < size; ++i) {
            const u32 uses = m_uses[experts[i]]++;
            to[i] = u8(m_upTo[uses + 1] - 1);
            --m_upTo[uses];
        }
        // After the token: below its experts that came to as many uses after it.
        for (u32 i = size; i-- > 0;)
            after[i] = u8(--m_upTo[m_uses[experts[i]]]);
        for (u32 i = 0; i < size; ++i)
            ++m_upTo[m_uses[experts[i]]];
        for (u32 v = 0; v < Table<W>::kVectors; ++v) {
            const Bytes old = m_ranks.at(v);
            Bytes now = old;
            for (u32 i = 0; i < size; ++i) {
#if defined(__AVX512BW__)
                const __mmask64 above = _mm512_cmpgt_epu8_mask(__m512i(old), __m512i(all(was[i])));
                const __mmask64 passed = _mm512_mask_cmple_epu8_mask(above, __m512i(old), __m512i(all(last[i])));
                now = Bytes(_mm512_mask_sub_epi8(__m512i(now), passed, __m512i(now), _mm512_set1_epi8(1)));
#else
                now = Bytes(old > all(was[i])) & Bytes(old <= all(last[i])) ? now - 1 : now;
#endif
            }
            for (u32 i = 0; i < size; ++i)
                now = old == all(was[i]) ? all(after[i]) : now;
            m_ranks.set(v, now);
        }
    }

private:
    const RankedStream& m_stream;
    u32* const m_upTo; ///< [uses, from -2] experts used at most so often
    u32 m_uses[64 * W] = {};
    Table<W> m_ranks;
};

/// (Uses ahead, last use.) A use leads to the highest rank of those with one use ahead less than it had.
template <u32 W, typename Size> class LookAheadOrder
{
public:
    static constexpr bool kUpwards = false, kFromTop = false;
    static constexpr bool kSideBySide = false; ///< they share their scratch

    LookAheadOrder(const RankedStream& stream, u32 length)
        : m_stream(stream)
        , m_below(stream.counts)
        , m_aheads()
    {
        const u32 seen = length < stream.numTokens ? length : stream.numTokens;
        for (u32 i = 0; i < (seen ? stream.tokenEnds[seen - 1] : 0); ++i)
            ++m_aheads.of[stream.experts[i]];
        for (u32 h = 0; h < length + 2; ++h)
            m_below[h] = 0;
        for (u32 i = 0; i < 64 * W; ++i) {
            m_ages.of[stream.byFirstUse[i]] = u8(i);
            m_ahead[i] = m_aheads.of[i];
            ++m_below[m_ahead[i] + 1];
        }
        for (u32 h = 0; h < length + 1; ++h)
            m_below[h + 1] += m_below[h];
    }
    void start(u8* ranks) const
    {
        for (u32 i = 0; i < 64 * W; ++i) {
            u64 older[W];
            const u32 ahead = m_ahead[m_stream.byFirstUse[i]];
            findAbove(
                m_ages, i, [&](u32 v) { return m_aheads.at(v); }, ahead, older);
            ranks[i] = u8(m_below[ahead] + countOf<W>(older));
        }
    }
    void next(u32 begin, Size size, u8* from, u8* to, RankSet<W>& token)
    {
        const u8* const experts = m_stream.experts + begin;
        u64 older[kMostRanked][W]; // of as many uses ahead
        token = {};
        for (u32 i = 0; i < size; ++i) {
            const u32 expert = experts[i], ahead = m_ahead[expert];
            findAbove(
                m_ages, m_ages.of[expert], [&](u32 v) { return m_aheads.at(v); }, ahead, older[i]);
            token.add(m_below[ahead] + countOf<W>(older[i]));
        }
        u64 used[W] = {};
        for (u32 i = 0; i < size; ++i) {
            const u32 expert = experts[i], below = m_below[m_ahead[expert]--]++;
            for (u32 w = 0; w < W; ++w) {
                older[i][w] &= ~used[w];
                used[w] |= W == 1 || expert / 64 == w ? u64(1) << (expert % 64) : 0;
            }
            from[i] = u8(below + countOf<W>(older[i]));
            to[i] = u8(below);
        }
        u8 was[kMostRanked];
        useAll<W, false>(m_ages, experts, size, was);
        for (u32 v = 0; v < Table<W>::kVectors; ++v) {
            Bytes aheads = m_aheads.at(v);
            for (u32 i = 0; i < size; ++i)
                aheads -= oneOf(experts[i], v);
            m_aheads.set(v, aheads);
        }
    }
    /// A token comes into sight.
    void see(u32 begin, Size size, u8* from, u8* to)
    {
        Bytes aheads[Table<W>::kVectors];
        for (u32 v = 0; v < Table<W>::kVectors; ++v)
            aheads[v] = m_aheads.at(v);
        for (u32 i = 0; i < size; ++i) {
            const u32 expert = m_stream.experts[begin + i], ahead = m_ahead[expert]++;
            u64 passedBefore[W], passedAfter[W];
            findAbove(
                m_ages, m_ages.of[expert], [&](u32 v) { return aheads[v]; }, ahead, passedBefore);
            findAbove(
                m_ages, m_ages.of[expert], [&](u32 v) { return aheads[v]; }, ahead + 1, passedAfter);
            from[i] = u8(m_below[ahead] + countOf<W>(passedBefore));
            to[i] = u8(--m_below[ahead + 1] + countOf<W>(passedAfter)); // it leaves the ranks below
            for (u32 v = 0; v < Table<W>::kVectors; ++v)
                aheads[v] += oneOf(expert, v);
        }
        for (u32 v = 0; v < Table<W>::kVectors; ++v)
            m_aheads.set(v, aheads[v]);
    }

private:
    const RankedStream& m_stream;
    u32* const m_below; ///< [uses ahead] experts with fewer
    Table<W> m_ages;
    Table<W> m_aheads; ///< never written by the byte: what then reads a vector of them would have to wait
    u8 m_ahead[64 * W]; ///< the same
};

}
}
