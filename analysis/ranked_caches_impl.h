// SPDX-License-Identifier: GPL-3.0-or-later
//
// The body of ranked_caches_*.cpp, which define ES_KERNELS (namespace), ES_NAME and ES_VECTOR (bytes of a vector).
// Nothing of the standard library is called here: an inline function emitted with this file's instruction set could be
// the copy that the linker keeps for everybody.
#include "analysis/ranked_caches_orders.h"

namespace expertscope::ES_KERNELS {
namespace {

constexpr u32 kChunk = 512; ///< choices; no token has more

/// Finds moves for many tokens, then makes them in the caches of all sizes.
template <u32 W, typename Size, bool Ahead, typename Order>
void replay(Order&& order, const RankedStream& stream, u32 lookAhead, const u32* sizes, u32 numSizes, u64* hits)
{
    FourCaches<W> caches[kMostSizes / 4];
    u8 first[64 * W];
    order.start(first);
    for (u32 s = 0; s < (numSizes + 3) / 4 * 4; ++s) {
        RankSet<W> residents;
        for (u32 i = 0; i < (s < numSizes ? sizes[s] : 0) && i < 64 * W; ++i)
            residents.add(first[i]);
        for (u32 w = 0; w < W; ++w)
            caches[s / 4].sets[w][s % 4] = residents.words[w];
    }
    Moves<W, kChunk> used, seen;
    RankSet<W> tokens[kChunk];
    for (u32 begin = 0, end = 0; begin < stream.numTokens; begin = end) {
        used.count = seen.count = 0;
        for (; end < stream.numTokens && end - begin < kChunk; ++end) {
            const Size size = sizeOf<Size>(stream, end);
            const u32 ahead = end + lookAhead;
            const bool sees = Ahead && ahead < stream.numTokens;
            if (!used.holds(size) || !seen.holds(sees ? u32(sizeOf<Size>(stream, ahead)) : 0))
                break;
            order.next(stream.tokenEnds[end] - size, size, used.ranksFrom + used.count, used.ranksTo + used.count,
                tokens[end - begin]);
            used.count += size;
            if constexpr (Ahead) {
                if (sees) {
                    const Size newSize = sizeOf<Size>(stream, ahead);
                    order.see(stream.tokenEnds[ahead] - newSize, newSize, seen.ranksFrom + seen.count,
                        seen.ranksTo + seen.count);
                    seen.count += newSize;
                }
            }
        }
        used.template makeBits<Order::kUpwards>();
        if (Ahead)
            seen.template makeBits<true>();
        for (u32 g = 0; g < (numSizes + 3) / 4; ++g) {
            FourCaches<W> four = caches[g];
            u32 use = 0, see = 0;
            for (u32 t = begin; t < end; ++t) {
                four.judge(tokens[t - begin]);
                const Size size = sizeOf<Size>(stream, t);
                for (u32 i = 0; i < size; ++i)
                    four.template use<Order::kUpwards, Order::kFromTop>(used, use++);
                if (Ahead && t + lookAhead < stream.numTokens) {
                    const Size newSize = sizeOf<Size>(stream, t + lookAhead);
                    for (u32 i = 0; i < newSize; ++i)
                        four.template reorder<true>(seen, see++);
                }
            }
            caches[g] = four;
        }
    }
    for (u32 s = 0; s < numSizes; ++s)
        hits[s] += caches[s / 4].hits[s % 4];
}

template <u32 W> bool prepareOf(const u32* experts, RankedStream& stream, u8* bytes, u8* byFirstUse, u32& numUsed)
{
    const u32 numChoices = stream.numTokens ? stream.tokenEnds[stream.numTokens - 1] : 0;
    for (u32 i = 0; i < numChoices; ++i)
        bytes[i] = u8(experts[i]);
    RankSet<W> seen;
    numUsed = 0;
    stream.fixedSize = stream.numTokens ? stream.tokenEnds[0] : 0;
    for (u32 t = 0; t < stream.numTokens; ++t) {
        const u32 size = sizeOf<AnySize>(stream, t);
        if (size != stream.fixedSize)
            stream.fixedSize = 0;
        RankSet<W> token;
        const auto addAll = [&](auto count) {
            for (u32 i = 0; i < count; ++i)
                token.add(bytes[i]);
        };
        if (size == 8)
            addAll(FixedSize<8>());
        else
            addAll(size);
        u64 added = 0;
        for (u32 w = 0; w < W; ++w)
            added |= token.words[w] & ~seen.words[w];
        if (countOf<W>(token.words) != size)
            return false;
        for (u32 i = 0; added && i < size; ++i) {
            if (!seen.holds(bytes[i]))
                byFirstUse[numUsed++] = bytes[i];
            seen.add(bytes[i]);
        }
        bytes += size;
    }
    u32 next = numUsed;
    for (u32 x = 0; x < 64 * W; ++x) {
        if (!seen.holds(x))
            byFirstUse[next++] = u8(x);
    }
    return true;
}

template <u32 W, typename Size> void lruOf(const RankedStream& stream, u64* distances)
{
    Table<W> ages;
    for (u32 i = 0; i < 64 * W; ++i)
        ages.of[stream.byFirstUse[i]] = u8(i);
    const u8* experts = stream.experts;
    u8 was[kMostRanked];
    for (u32 t = 0; t < stream.numTokens; ++t) {
        const Size size = sizeOf<Size>(stream, t);
        useAll<W, false>(ages, experts, size, was);
        for (u32 i = 0; i < size; ++i)
            ++distances[was[i]];
        experts += size;
    }
}

template <u32 W, typename Size>
void cachesOf(const RankedStream& stream, RankedPolicy policy, u32 lookAhead, const u32* sizes, u32 numSizes, u64* hits)
{
    switch (policy) {
    case RankedPolicy::Lfu:
        return replay<W, Size, false>(LfuOrder<W, Size>(stream), stream, 0, sizes, numSizes, hits);
    case RankedPolicy::Belady:
        return replay<W, Size, false>(BeladyOrder<W, Size>(stream), stream, 0, sizes, numSizes, hits);
    case RankedPolicy::LookAhead:
        return replay<W, Size, true>(
            LookAheadOrder<W, Size>(stream, lookAhead), stream, lookAhead, sizes, numSizes, hits);
    }
}

bool prepare(const u32* experts, RankedStream& stream, u8* bytes, u8* byFirstUse, u32& numUsed)
{
    if (stream.numWords == 1)
        return prepareOf<1>(experts, stream, bytes, byFirstUse, numUsed);
    if (stream.numWords == 2)
        return prepareOf<2>(experts, stream, bytes, byFirstUse, numUsed);
    return prepareOf<4>(experts, stream, bytes, byFirstUse, numUsed);
}

/// Calls it for the stream's shape.
template <typename Call> void forShape(const RankedStream& stream, const Call& call)
{
    const auto forSize = [&]<u32 W>() {
        if (stream.fixedSize == 8)
            call.template operator()<W, FixedSize<8>>();
        else
            call.template operator()<W, AnySize>();
    };
    if (stream.numWords == 1)
        forSize.template operator()<1>();
    else if (stream.numWords == 2)
        forSize.template operator()<2>();
    else
        forSize.template operator()<4>();
}

void lru(const RankedStream& stream, u64* distances)
{
    forShape(stream, [&]<u32 W, typename Size>() { lruOf<W, Size>(stream, distances); });
}

void caches(const RankedStream& stream, RankedPolicy policy, u32 lookAhead, const u32* sizes, u32 numSizes, u64* hits)
{
    forShape(
        stream, [&]<u32 W, typename Size>() { cachesOf<W, Size>(stream, policy, lookAhead, sizes, numSizes, hits); });
}

}

extern const RankedKernels kRanked;
const RankedKernels kRanked = {ES_NAME, prepare, lru, caches};

}
