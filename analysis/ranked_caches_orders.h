// SPDX-License-Identifier: GPL-3.0-or-later
//
// Part of ranked_caches_impl.h: the orders of policies, and how a token changes them. All of a token's moves are found from the
// order before it.
#pragma once

#include "analysis/ranked_caches_sets.h"

#if defined(__x86_64__)
#include <immintrin.h>
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

/// 64 experts: in the group, and above the value.
#if defined(__AVX512BW__)
inline u64 bitsAbove(const u8* table, u32 value, const u8* groups, u32 group)
{
    const __mmask64 above = _mm512_cmpgt_epu8_mask(_mm512_load_si512(table), _mm512_set1_epi8(char(value)));
    return _mm512_mask_cmpeq_epi8_mask(above, _mm512_load_si512(groups), _mm512_set1_epi8(char(group)));
}
#elif defined(__x86_64__)
inline u64 bitsAbove(const u8* table, u32 value, const u8* groups, u32 group)
{
    u64 bits = 0;
    for (u32 v = 0; v < 64 / ES_VECTOR; ++v) {
        const Bytes both = Bytes(reinterpret_cast<const Bytes*>(table)[v] > all(value))
            & Bytes(reinterpret_cast<const Bytes*>(groups)[v] == all(group));
#if defined(__AVX2__)
        bits |= u64(u32(_mm256_movemask_epi8(__m256i(both)))) << (v * ES_VECTOR);
#else
        bits |= u64(u32(_mm_movemask_epi8(__m128i(both)))) << (v * ES_VECTOR);
#endif
    }
    return bits;
}
#else
inline u64 bitsAbove(const u8* table, u32 value, const u8* groups, u32 group)
{
    u64 bits = 0;
    for (u32 i = 0; i < 64; ++i)
        bits |= u64(table[i] > value && groups[i] == group) << i;
    return bits;
}
#endif

/// Ages: time since the last use as a rank, 0 is the most recent. A token's experts become the most recent, one by one,
/// the last of them (Backwards: the first) the very most. `was`: their ages before.
template <u32 W, bool Backwards> inline void useAll(Table<W>& ages, const u8* experts, u32 size, u8* was)
{
    for (u32 i = 0; i < size; ++i)
        was[i] = ages.of[experts[i]];
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
template <u32 W> class BeladyOrder
{
public:
    static constexpr bool kUpwards = false;

    explicit BeladyOrder(const RankedStream& stream)
        : m_stream(stream)
    {
        // Ages in the stream read backwards.
        Table<W> ages;
        for (u32 i = 0; i < 64 * W; ++i)
            ages.of[i] = u8(i);
        u8 was[kMostRanked];
        for (u32 t = stream.numTokens; t-- > 0;) {
            const u32 begin = t ? stream.tokenEnds[t - 1] : 0, size = stream.tokenEnds[t] - begin;
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
    void next(u32 begin, u32 size, u8* from, u8* to, RankSet<W>& token)
    {
        for (u32 i = 0; i < size; ++i) {
            from[i] = 64 * W - 1;
            to[i] = m_stream.scratch[begin + i];
        }
        for (u32 w = 0; w < W; ++w)
            token.words[w] = ~RankSet<W>::below(64 * W - size, w);
    }

private:
    const RankedStream& m_stream;
};

/// (Uses so far, last use.) A use leads to the highest rank of those used as often as it then is.
template <u32 W> class LfuOrder
{
public:
    static constexpr bool kUpwards = true;

    explicit LfuOrder(const RankedStream& stream)
        : m_stream(stream)
        , m_upTo(stream.counts)
    {
        for (u32 c = 0; c < stream.numTokens + 2; ++c)
            m_upTo[c] = 64 * W;
        for (u32 i = 0; i < 64 * W; ++i)
            m_ranks.of[stream.byFirstUse[i]] = u8(64 * W - 1 - i);
    }
    void start(u8* ranks) const { startByFirstUse<W>(ranks); }
    void next(u32 begin, u32 size, u8* from, u8* to, RankSet<W>& token)
    {
        const u8* const experts = m_stream.experts + begin;
        u8 was[kMostRanked], last[kMostRanked], after[kMostRanked];
        token = {};
        for (u32 i = 0; i < size; ++i) {
            const u32 uses = m_uses[experts[i]];
            was[i] = m_ranks.of[experts[i]];
            last[i] = u8(m_upTo[uses + 1] - 1);
            // Passed by those before it of as many uses, if they were below, and of one use less.
            from[i] = u8(was[i] - token.count(uses >= 2 ? m_upTo[uses - 2] : 0, was[i]));
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
            for (u32 i = 0; i < size; ++i)
                now = Bytes(old > all(was[i])) & Bytes(old <= all(last[i])) ? now - 1 : now;
            for (u32 i = 0; i < size; ++i)
                now = old == all(was[i]) ? all(after[i]) : now;
            m_ranks.set(v, now);
        }
    }

private:
    const RankedStream& m_stream;
    u32* const m_upTo; ///< [uses] experts used at most so often
    u32 m_uses[64 * W] = {};
    Table<W> m_ranks;
};

/// (Uses ahead, last use.) A use leads to the highest rank of those with one use ahead less than it had.
template <u32 W> class LookAheadOrder
{
public:
    static constexpr bool kUpwards = false;

    LookAheadOrder(const RankedStream& stream, u32 length)
        : m_stream(stream)
        , m_below(stream.counts)
        , m_ahead()
    {
        const u32 seen = length < stream.numTokens ? length : stream.numTokens;
        for (u32 i = 0; i < (seen ? stream.tokenEnds[seen - 1] : 0); ++i)
            ++m_ahead.of[stream.experts[i]];
        for (u32 h = 0; h < length + 2; ++h)
            m_below[h] = 0;
        for (u32 i = 0; i < 64 * W; ++i) {
            m_ages.of[stream.byFirstUse[i]] = u8(i);
            ++m_below[m_ahead.of[i] + 1];
        }
        for (u32 h = 0; h < length + 1; ++h)
            m_below[h + 1] += m_below[h];
    }
    void start(u8* ranks) const
    {
        for (u32 i = 0; i < 64 * W; ++i) {
            const u32 expert = m_stream.byFirstUse[i];
            ranks[i] = u8(rank(i, m_ahead.of[expert]));
        }
    }
    void next(u32 begin, u32 size, u8* from, u8* to, RankSet<W>& token)
    {
        const u8* const experts = m_stream.experts + begin;
        u64 older[kMostRanked][W]; // of as many uses ahead
        token = {};
        for (u32 i = 0; i < size; ++i) {
            const u32 expert = experts[i], ahead = m_ahead.of[expert];
            u32 rank = m_below[ahead];
            for (u32 w = 0; w < W; ++w) {
                older[i][w] = bitsAbove(m_ages.of + 64 * w, m_ages.of[expert], m_ahead.of + 64 * w, ahead);
                rank += u32(__builtin_popcountll(older[i][w]));
            }
            token.add(rank);
        }
        u64 used[W] = {};
        for (u32 i = 0; i < size; ++i) {
            const u32 expert = experts[i], below = m_below[m_ahead.of[expert]]++;
            u32 rank = below;
            for (u32 w = 0; w < W; ++w) {
                rank += u32(__builtin_popcountll(older[i][w] & ~used[w]));
                used[w] |= bitOf(expert, w);
            }
            from[i] = u8(rank);
            to[i] = u8(below);
        }
        u8 was[kMostRanked];
        useAll<W, false>(m_ages, experts, size, was);
        for (u32 i = 0; i < size; ++i)
            --m_ahead.of[experts[i]];
    }
    /// A token comes into sight.
    void see(u32 begin, u32 size, u8* from, u8* to)
    {
        for (u32 i = 0; i < size; ++i) {
            const u32 expert = m_stream.experts[begin + i], ahead = m_ahead.of[expert], age = m_ages.of[expert];
            from[i] = u8(rank(age, ahead));
            to[i] = u8(rank(age, ahead + 1) - 1); // it leaves the ranks below
            ++m_ahead.of[expert];
            --m_below[ahead + 1];
        }
    }

private:
    static u64 bitOf(u32 expert, u32 w) { return W == 1 || expert / 64 == w ? u64(1) << (expert % 64) : 0; }
    /// Experts that come before.
    u32 rank(u32 age, u32 ahead) const
    {
        u32 n = m_below[ahead];
        for (u32 w = 0; w < W; ++w)
            n += u32(__builtin_popcountll(bitsAbove(m_ages.of + 64 * w, age, m_ahead.of + 64 * w, ahead)));
        return n;
    }

    const RankedStream& m_stream;
    u32* const m_below; ///< [uses ahead] experts with fewer
    Table<W> m_ages, m_ahead;
};

}
}
