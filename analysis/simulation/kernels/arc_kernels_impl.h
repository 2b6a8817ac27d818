// SPDX-License-Identifier: GPL-3.0-or-later
//
// The body of arc_kernels_*.cpp, which define ES_KERNELS (namespace), ES_NAME and ES_VECTOR (bytes of a vector). All lanes
// go the same way, whatever becomes of them: which size loads what is anybody's guess. Nothing of the standard library is
// called here (see stack_kernels_impl.h).
#include "analysis/simulation/kernels/arc_kernels.h"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace expertscope::simulation::ES_KERNELS {
namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;

constexpr u32 kLanes = ES_VECTOR / 8;
typedef u64 Bits __attribute__((vector_size(ES_VECTOR), aligned(8), may_alias));
typedef long long Mask __attribute__((vector_size(ES_VECTOR), aligned(8), may_alias)); ///< -1 or 0
typedef double Number __attribute__((vector_size(ES_VECTOR), aligned(8), may_alias));

inline u64 lanesIn(Mask mask)
{
#if defined(__AVX512DQ__)
    return _mm512_movepi64_mask(__m512i(mask));
#elif defined(__AVX2__)
    return u64(_mm256_movemask_pd(__m256d(mask)));
#else
    u64 lanes = 0;
    for (u32 i = 0; i < kLanes; ++i)
        lanes |= u64(mask[i] & 1) << i;
    return lanes;
#endif
}
inline Bits chosen(Mask mask, Bits ifSet, Bits otherwise)
{
    return (Bits(mask) & ifSet) | (~Bits(mask) & otherwise);
}
inline Number chosen(Mask mask, Number ifSet, Number otherwise)
{
    return Number(chosen(mask, Bits(ifSet), Bits(otherwise)));
}
inline Number larger(Number a, Number b)
{
    return chosen(Mask(a > b), a, b);
}
inline Number smaller(Number a, Number b)
{
    return chosen(Mask(a < b), a, b);
}
/// 1 where the mask is set.
inline Number one(Mask mask)
{
    return Number(Bits(mask) & Bits(Number{} + 1));
}
inline Bits lowest(Bits bits)
{
    return bits & (0 - bits);
}

/// The sizes of a group.
struct Group
{
    Bits* t1;
    Bits* t2;
    Bits* b1;
    Bits* b2;
    Number* sizes; ///< of these
    u32 numWords;

    Group(ArcState& state, u32 g)
        : t1(reinterpret_cast<Bits*>(state.places) + std::uintptr_t(g) * kArcLists * state.numWords)
        , t2(t1 + state.numWords)
        , b1(t2 + state.numWords)
        , b2(b1 + state.numWords)
        , sizes(reinterpret_cast<Number*>(state.sizes) + std::uintptr_t(g) * kArcLists)
        , numWords(state.numWords)
    {
    }
    /// Where `lanes`, the oldest of a list leaves it.
    void forget(Bits* list, Mask lanes) const
    {
        for (u32 w = 0; w < numWords && lanesIn(lanes); ++w) {
            const Bits bits = list[w];
            list[w] = chosen(lanes, bits & (bits - 1), bits);
            lanes &= Mask(bits == 0);
        }
    }
    /// Where `lanes`, the oldest that is not pinned leaves T1, or T2 if not `first`, and goes to the ghosts but where not
    /// `named`. Returns the lanes without one.
    Mask evict(Mask lanes, Mask first, Mask named, const u64* pinned) const
    {
        Mask waiting = lanes;
        for (u32 w = 0; w < numWords; ++w) {
            const Bits candidates = chosen(first, t1[w], t2[w]) & ~pinned[w] & Bits(waiting);
            const Bits victim = lowest(candidates);
            waiting &= Mask(candidates == 0);
            t1[w] &= ~(victim & Bits(first));
            t2[w] &= ~(victim & ~Bits(first));
            b1[w] |= victim & Bits(first & named);
            b2[w] |= victim & ~Bits(first);
        }
        const Mask left = lanes & ~waiting;
        sizes[0] -= one(left & first);
        sizes[1] -= one(left & ~first);
        sizes[2] += one(left & first & named);
        sizes[3] += one(left & ~first);
        return waiting;
    }
};

/// See ArcCache::load().
u64 use(ArcState& state, u32 from, u32 to, const u64* pinned)
{
    const bool known = from != ~u32(0);
    const u32 fromWord = known ? from / 64 : 0, toWord = to / 64;
    const Bits fromBit = Bits{} + (known ? u64(1) << from % 64 : 0), toBit = Bits{} + (u64(1) << to % 64);
    u64 loaded = 0;
    for (u32 g = 0; g < state.numGroups; ++g) {
        const Group group(state, g);
        const Number capacity = reinterpret_cast<const Number*>(state.capacity)[g];
        Number& share = reinterpret_cast<Number*>(state.share)[g];
        Number* const sizes = group.sizes;
        const Mask inT1 = Mask((group.t1[fromWord] & fromBit) != 0), inT2 = Mask((group.t2[fromWord] & fromBit) != 0);
        const Mask inB1 = Mask((group.b1[fromWord] & fromBit) != 0), inB2 = Mask((group.b2[fromWord] & fromBit) != 0);
        const Mask misses = ~(inT1 | inT2) & Mask(capacity > 0), isNew = misses & ~(inB1 | inB2);
        group.t1[fromWord] &= ~fromBit;
        group.t2[fromWord] &= ~fromBit;
        if (const u64 lanes = lanesIn(misses)) {
            loaded |= lanes << g * kLanes;
            const Number t1 = sizes[0], t2 = sizes[1], b1 = sizes[2], b2 = sizes[3];
            if (lanesIn(inB1 | inB2)) {
                const Number more = smaller(share + larger(b2 / larger(b1, one(inB1)), Number{} + 1), capacity);
                const Number less = larger(share - larger(b1 / larger(b2, one(inB2)), Number{} + 1), Number{});
                share = chosen(inB1, more, chosen(inB2, less, share));
            }
            const Mask allOnce = isNew & Mask(t1 == capacity);
            const Mask fullOnce = isNew & ~allOnce & Mask(t1 + b1 == capacity);
            const Mask others = isNew & ~(allOnce | fullOnce);
            const Number all = t1 + t2 + b1 + b2;
            const Mask fullAgain = others & Mask(all == capacity + capacity);
            if (lanesIn(fullOnce | fullAgain)) {
                group.forget(group.b1, fullOnce);
                group.forget(group.b2, fullAgain);
                sizes[2] -= one(fullOnce);
                sizes[3] -= one(fullAgain);
            }
            const Mask replace = inB1 | inB2 | fullOnce | (others & Mask(all >= capacity));
            const Mask once = replace & Mask(t1 > 0) & (Mask(t1 > share) | (inB2 & Mask(t1 == share)));
            const Mask rest = group.evict(replace | allOnce, once | allOnce, ~allOnce, pinned);
            if (lanesIn(rest)) // all of the list are pinned: the other one
                group.evict(rest, ~once, ~Mask{}, pinned);
            group.b1[fromWord] &= ~fromBit;
            group.b2[fromWord] &= ~fromBit;
            sizes[2] -= one(inB1);
            sizes[3] -= one(inB2);
            sizes[0] += one(isNew);
            sizes[1] += one(inB1 | inB2);
            group.t1[toWord] |= toBit & Bits(isNew);
        }
        sizes[0] -= one(inT1);
        sizes[1] += one(inT1);
        group.t2[toWord] |= toBit & Bits(inT1 | inT2 | inB1 | inB2);
    }
    return loaded;
}

inline u64 closedUp(u64 bits, u64 places)
{
#if defined(__BMI2__)
    return _pext_u64(bits, places);
#else
    u64 closed = 0;
    for (u64 bit = 1; places; places &= places - 1, bit <<= 1)
        closed |= bits & places & (0 - places) ? bit : 0;
    return closed;
#endif
}

void closeUp(ArcState& state, const u64* taken)
{
    for (u32 list = 0; list < state.numGroups * kArcLists; ++list) {
        u64* const words = state.places + std::uintptr_t(list) * state.numWords * kLanes;
        for (u32 lane = 0; lane < kLanes; ++lane) {
            u32 next = 0;
            u64 open = 0; // the word being filled
            for (u32 w = 0; w < state.numWords; ++w) {
                u64& word = words[w * kLanes + lane];
                const u64 bits = closedUp(word, taken[w]);
                word = 0;
                open |= bits << next % 64;
                const u32 after = next + u32(__builtin_popcountll(taken[w]));
                if (after / 64 > next / 64) {
                    words[next / 64 * kLanes + lane] = open;
                    open = next % 64 ? bits >> (64 - next % 64) : 0;
                }
                next = after;
            }
            if (next % 64)
                words[next / 64 * kLanes + lane] = open;
        }
    }
}

}

extern const ArcKernels kTable;
const ArcKernels kTable = {ES_NAME, kLanes, use, closeUp};

}
