// SPDX-License-Identifier: GPL-3.0-or-later
//
// Part of ranked_caches_impl.h: sets of ranks, and the caches of four sizes side by side.
#pragma once

#include "analysis/sequence_caches/ranked_caches.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace expertscope::ES_KERNELS {
namespace {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using i64 = long long;
using u32 = std::uint32_t;
using u64 = std::uint64_t;

constexpr u32 kSlack = 16; ///< bytes that may be written behind those asked for
/// A set of ranks.
template <u32 W> struct RankSet
{
    u64 words[W] = {};

    void add(u32 rank) { words[W == 1 ? 0 : rank / 64] |= u64(1) << (rank % 64); }
    bool holds(u32 rank) const { return words[W == 1 ? 0 : rank / 64] >> (rank % 64) & 1; }
    /// Those from `begin` to before `end`.
    u32 count(u32 begin, u32 end) const
    {
        if constexpr (W == 1)
            return u32(__builtin_popcountll((words[0] & ((u64(1) << end) - 1)) >> begin));
        u32 n = 0;
        for (u32 w = 0; w < W; ++w)
            n += u32(__builtin_popcountll(words[w] & below(end, w) & ~below(begin, w)));
        return n;
    }
    static u64 below(u64 rank, u32 w)
    {
        const u64 n = W == 1 || rank > w * 64 ? rank - w * 64 : 0;
        return (n < 64 ? u64(1) << n : 0) - 1;
    }
};

/// Experts go from a rank to another, one after another.
template <u32 W, u32 Most> struct Moves
{
    u8 ranksFrom[Most + kSlack], ranksTo[Most + kSlack];
    u32 count = 0;
    u64 from[W][Most], to[W][Most]; ///< the bits
    u64 between[W][Most]; ///< where bits are that shift, after it

    bool holds(u32 more) const { return count + more <= Most; }
    template <bool Up> void makeBits()
    {
        for (u32 i = 0; i < count; i += 8) {
            const Eight a = widened(ranksFrom + i), b = widened(ranksTo + i);
            for (u32 w = 0; w < W; ++w) {
                const Eight bitA = bit(a, w), bitB = bit(b, w);
                const Eight belowBoth = below(a, bitA, w) ^ below(b, bitB, w);
                store(from[w] + i, bitA);
                store(to[w] + i, bitB);
                store(between[w] + i, Up ? belowBoth : belowBoth ^ bitA ^ bitB);
            }
        }
    }

private:
    typedef u64 Eight __attribute__((vector_size(64)));

    static Eight widened(const u8* ranks)
    {
#if defined(__AVX512F__) // GCC 12 converts one by one
        return Eight(_mm512_cvtepu8_epi64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(ranks))));
#endif
        typedef u8 EightBytes __attribute__((vector_size(8)));
        EightBytes bytes;
        __builtin_memcpy(&bytes, ranks, sizeof bytes);
        return __builtin_convertvector(bytes, Eight);
    }
    static void store(u64* out, Eight value)
    {
        __builtin_memcpy(out, &value, sizeof value);
    }
    static Eight bit(Eight rank, u32 w)
    {
        const Eight bit = (Eight{} + 1) << (rank & 63);
        return W == 1 ? bit : bit & Eight(rank / 64 == w);
    }
    static Eight below(Eight rank, Eight bit, u32 w)
    {
        return W == 1 ? bit - 1 : ((bit - 1) & Eight(rank / 64 == w)) | Eight(rank / 64 > w);
    }
};

typedef u64 Four __attribute__((vector_size(32)));

/// Where logic of three inputs is one instruction, doing some of it twice is worth a shorter wait.
#if defined(__AVX512VL__)
constexpr bool kThreeInputs = true;
#else
constexpr bool kThreeInputs = false;
#endif

/// a & ~b
inline Four butNot(Four a, Four b)
{
#if defined(__AVX512VL__)
    return Four(_mm256_ternarylogic_epi64(__m256i(a), __m256i(b), __m256i(b), 0x30));
#else
    return a & ~b;
#endif
}

/// (a & b) | c
inline Four bothOr(Four a, Four b, Four c)
{
#if defined(__AVX512VL__)
    return Four(_mm256_ternarylogic_epi64(__m256i(a), __m256i(b), __m256i(c), 0xea));
#else
    return (a & b) | c;
#endif
}

/// The caches of four sizes.
template <u32 W> struct FourCaches
{
    Four sets[W];
    Four hits = {};

    void judge(const RankSet<W>& token)
    {
        for (u32 w = 0; w < W; ++w) {
            const Four there = sets[w] & token.words[w];
#if defined(__AVX512VPOPCNTDQ__)
            hits += Four(_mm256_popcnt_epi64(__m256i(there)));
#else
            for (u32 j = 0; j < 4; ++j)
                hits[j] += u64(__builtin_popcountll(there[j]));
#endif
        }
    }

    /// Move i: brings an expert in, and evicts another where it is not there. FromTop: it had the highest rank.
    /// Each waits for the one before it, so what does not need the eviction is done beside it.
    template <bool Up, bool FromTop, typename Moves> void use(const Moves& moves, u32 i)
    {
        Four wanted; // all ones: has to evict the lowest bit
        if constexpr (FromTop)
            wanted = ~Four(SignedFour(sets[W - 1]) >> 63);
        else
            wanted = absent(moves, i);
        Four moved[W], remaining[W], remainingMoved[W];
        if constexpr (kThreeInputs)
            shifted<Up>(sets, moved);
        for (u32 w = 0; w < W; ++w) {
            remaining[w] = sets[w] + wanted;
            if constexpr (!kThreeInputs)
                remaining[w] &= sets[w];
            if (w + 1 < W)
                wanted &= Four(sets[w] == Four{});
        }
        shifted<Up>(remaining, remainingMoved);
        for (u32 w = 0; w < W; ++w) {
            const Four between = Four{} + moves.between[w][i];
            const Four to = Four{} + moves.to[w][i];
            if constexpr (kThreeInputs) {
                const Four stays = bothOr(butNot(sets[w], between), remaining[w], to);
                sets[w] = bothOr(moved[w] & between, remainingMoved[w], stays);
            } else {
                sets[w] = (remaining[w] ^ ((remaining[w] ^ remainingMoved[w]) & between)) | to;
            }
        }
    }

    /// Moves an expert where it is.
    template <bool Up, typename Moves> void reorder(const Moves& moves, u32 i)
    {
        const Four nowhere = absent(moves, i);
        Four moved[W];
        shifted<Up>(sets, moved);
        for (u32 w = 0; w < W; ++w) {
            const Four to = Four{} + moves.to[w][i];
            sets[w] ^= (sets[w] ^ moved[w]) & moves.between[w][i];
            sets[w] = (sets[w] | to) ^ (nowhere & to);
        }
    }

private:
    typedef long long SignedFour __attribute__((vector_size(32)));

    template <typename Moves> Four absent(const Moves& moves, u32 i) const
    {
        Four there = sets[0] & moves.from[0][i];
        for (u32 w = 1; w < W; ++w)
            there |= sets[w] & moves.from[w][i];
        return Four(there == Four{});
    }
    template <bool Up> static void shifted(const Four* in, Four* out)
    {
        for (u32 w = 0; w < W; ++w) {
            out[w] = Up ? in[w] >> 1 : in[w] << 1;
            if (Up && w + 1 < W)
                out[w] |= in[w + 1] << 63;
            if (!Up && w > 0)
                out[w] |= in[w - 1] >> 63;
        }
    }
};

}
}
