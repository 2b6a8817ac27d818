// SPDX-License-Identifier: GPL-3.0-or-later
//
// Part of ranked_caches_impl.h: sets of ranks, and the caches of four sizes side by side.
#pragma once

#include "analysis/ranked_caches.h"

namespace expertscope::ES_KERNELS {
namespace {

using u8 = std::uint8_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;

inline u64 lowBits(u32 n) ///< n below 64
{
    return (u64(1) << n) - 1;
}

/// A set of ranks.
template <u32 W> struct RankSet
{
    u64 words[W] = {};

    void add(u32 rank) { words[W == 1 ? 0 : rank / 64] |= u64(1) << (rank % 64); }
    /// Those from `begin` to before `end`.
    u32 count(u32 begin, u32 end) const
    {
        if constexpr (W == 1)
            return u32(__builtin_popcountll((words[0] & lowBits(end)) >> begin));
        u32 n = 0;
        for (u32 w = 0; w < W; ++w)
            n += u32(__builtin_popcountll(words[w] & below(end, w) & ~below(begin, w)));
        return n;
    }
    static u64 below(u32 rank, u32 w)
    {
        return rank >= w * 64 + 64 ? ~u64(0) : rank > w * 64 ? lowBits(rank - w * 64) : 0;
    }
};

/// One expert goes from a rank to another.
template <u32 W> struct Move
{
    u64 from[W], to[W]; ///< the bits
    u64 shifted[W]; ///< where the bits between are afterwards
};

template <u32 W> void makeMoves(const u8* from, const u8* to, u32 count, bool up, Move<W>* moves)
{
    for (u32 i = 0; i < count; ++i) {
        for (u32 w = 0; w < W; ++w) {
            const u32 a = from[i], b = to[i];
            const u64 bitFrom = W == 1 || a / 64 == w ? u64(1) << (a % 64) : 0;
            const u64 bitTo = W == 1 || b / 64 == w ? u64(1) << (b % 64) : 0;
            const u64 belowFrom = W == 1 ? bitFrom - 1 : RankSet<W>::below(a, w);
            const u64 belowTo = W == 1 ? bitTo - 1 : RankSet<W>::below(b, w);
            moves[i].from[w] = bitFrom;
            moves[i].to[w] = bitTo;
            moves[i].shifted[w] = up ? belowTo ^ belowFrom : (belowFrom | bitFrom) ^ (belowTo | bitTo);
        }
    }
}

typedef u64 Four __attribute__((vector_size(32)));

/// The caches of four sizes.
template <u32 W> struct FourCaches
{
    Four sets[W];
    Four hits = {};

    void judge(const RankSet<W>& token)
    {
        for (u32 w = 0; w < W; ++w) {
            const Four there = sets[w] & token.words[w];
            for (u32 j = 0; j < 4; ++j)
                hits[j] += u64(__builtin_popcountll(there[j]));
        }
    }

    /// Brings an expert in, and evicts another where it is not there.
    template <bool Up> void use(const Move<W>& move)
    {
        const Four nowhere = absent(move);
        evict(nowhere);
        shift<Up>(move);
        for (u32 w = 0; w < W; ++w)
            sets[w] |= move.to[w];
    }

    /// Moves an expert where it is.
    template <bool Up> void reorder(const Move<W>& move)
    {
        const Four nowhere = absent(move);
        shift<Up>(move);
        for (u32 w = 0; w < W; ++w)
            sets[w] = (sets[w] & ~move.to[w]) | (~nowhere & move.to[w]);
    }

private:
    Four absent(const Move<W>& move) const
    {
        Four there = sets[0] & move.from[0];
        for (u32 w = 1; w < W; ++w)
            there |= sets[w] & move.from[w];
        return Four(there == Four{});
    }
    /// The lowest bit of those told by all ones.
    void evict(Four wanted)
    {
        for (u32 w = 0; w < W; ++w) {
            const Four old = sets[w];
            sets[w] = old & (old + wanted);
            if (w + 1 < W)
                wanted &= Four(old == Four{});
        }
    }
    template <bool Up> void shift(const Move<W>& move)
    {
        Four moved[W];
        for (u32 w = 0; w < W; ++w) {
            moved[w] = Up ? sets[w] >> 1 : sets[w] << 1;
            if (Up && w + 1 < W)
                moved[w] |= sets[w + 1] << 63;
            if (!Up && w > 0)
                moved[w] |= sets[w - 1] >> 63;
        }
        for (u32 w = 0; w < W; ++w)
            sets[w] = (sets[w] & ~move.shifted[w]) | (moved[w] & move.shifted[w]);
    }
};

}
}
