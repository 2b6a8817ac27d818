// SPDX-License-Identifier: GPL-3.0-or-later
//
// The body of ranked_caches_*.cpp, which define ES_KERNELS (namespace), ES_NAME and ES_VECTOR (bytes of a vector).
// Nothing of the standard library is called here: an inline function emitted with this file's instruction set could be
// the copy that the linker keeps for everybody.
#include "analysis/sequence_caches/ranked_caches_orders.h"

#if defined(ES_LANES)
#include "analysis/sequence_caches/ranked_caches_eights.h"
#endif

namespace expertscope::ES_KERNELS {
namespace {

constexpr u32 kMostEights = 65535; ///< tokens of eight: their orders count uses in 16 bits
/// Choices whose moves are found before they are made; no token has more. With few, finding and making overlap.
template <typename Size> constexpr u32 kChunk = kIsEight<Size> ? 64 : 512;

/// One policy's moves of a chunk.
template <u32 W, typename Size, bool Ahead> struct Chunk
{
    Moves<W, kChunk<Size>> used, seen;
    RankSet<W> tokens[kChunk<Size>];
};

/// Finds moves for many tokens, then makes them in the caches of all sizes. N policies, which differ in how far they
/// look ahead, side by side: each step of one waits for the step before it. hits: [policy][size]
template <u32 W, typename Size, bool Ahead, u32 N, typename Order>
void replay(
    Order (&orders)[N], const RankedStream& stream, const u32* lookAheads, const u32* sizes, u32 numSizes, u64* hits)
{
    using Caches = FourCaches<W>;
    const u32 numGroups = (numSizes + 3) / 4;
    Caches caches[kMostSizes / 4][N];
    for (u32 n = 0; n < N; ++n) {
        u8 first[64 * W];
        orders[n].start(first);
        for (u32 s = 0; s < numGroups * 4; ++s) {
            RankSet<W> residents;
            for (u32 i = 0; i < (s < numSizes ? sizes[s] : 0) && i < 64 * W; ++i)
                residents.add(first[i]);
            for (u32 w = 0; w < W; ++w)
                caches[s / 4][n].sets[w][s % 4] = residents.words[w];
        }
    }
    const auto sees = [&](u32 n, u32 t) { return Ahead && t + lookAheads[n] < stream.numTokens; };
    const auto sizeSeen = [&](u32 n, u32 t) { return sizeOf<Size>(stream, t + lookAheads[n]); };
    Chunk<W, Size, Ahead> chunks[N];
    for (u32 begin = 0, end = 0; begin < stream.numTokens; begin = end) {
        for (auto& chunk : chunks)
            chunk.used.count = chunk.seen.count = 0;
        for (; end < stream.numTokens && end - begin < kChunk<Size>; ++end) {
            const Size size = sizeOf<Size>(stream, end);
            bool fits = true;
            for (u32 n = 0; n < N; ++n)
                fits &= chunks[n].used.holds(size) && chunks[n].seen.holds(sees(n, end) ? u32(sizeSeen(n, end)) : 0);
            if (!fits)
                break;
            for (u32 n = 0; n < N; ++n) {
                auto& [used, seen, tokens] = chunks[n];
                orders[n].next(stream.tokenEnds[end] - size, size, used.ranksFrom + used.count,
                    used.ranksTo + used.count, tokens[end - begin]);
                used.count += size;
            }
            if constexpr (Ahead) {
                for (u32 n = 0; n < N; ++n) {
                    auto& seen = chunks[n].seen;
                    if (sees(n, end)) {
                        const Size newSize = sizeSeen(n, end);
                        orders[n].see(stream.tokenEnds[end + lookAheads[n]] - newSize, newSize,
                            seen.ranksFrom + seen.count, seen.ranksTo + seen.count);
                        seen.count += newSize;
                    }
                }
            }
        }
        for (auto& chunk : chunks) {
            chunk.used.template makeBits<Order::kUpwards>();
            if (Ahead)
                chunk.seen.template makeBits<true>();
        }
        for (u32 g = 0; g < numGroups; ++g) {
            Caches four[N];
            u32 use = 0, see[N] = {};
            for (u32 n = 0; n < N; ++n)
                four[n] = caches[g][n];
            for (u32 t = begin; t < end; ++t) {
                const Size size = sizeOf<Size>(stream, t);
                for (u32 n = 0; n < N; ++n)
                    four[n].judge(chunks[n].tokens[t - begin]);
                for (u32 i = 0; i < size; ++i) {
                    for (u32 n = 0; n < N; ++n)
                        four[n].template use<Order::kUpwards, Order::kFromTop>(chunks[n].used, use);
                    ++use;
                }
                if constexpr (Ahead) {
                    for (u32 n = 0; n < N; ++n) {
                        if (sees(n, t)) {
                            const Size newSize = sizeSeen(n, t);
                            for (u32 i = 0; i < newSize; ++i)
                                four[n].template reorder<true>(chunks[n].seen, see[n]++);
                        }
                    }
                }
            }
            for (u32 n = 0; n < N; ++n)
                caches[g][n] = four[n];
        }
    }
    for (u32 n = 0; n < N; ++n)
        for (u32 s = 0; s < numSizes; ++s)
            hits[n * numSizes + s] += caches[s / 4][n].hits[s % 4];
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
#if defined(ES_LANES)
            if constexpr (W == 1 && kIsEight<decltype(count)>) {
                token.words[0] = setOf(eight(bytes));
                return;
            }
#endif
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
void cachesOf(const RankedStream& stream, RankedPolicy policy, const u32* lookAheads, u32 numLookAheads,
    const u32* sizes, u32 numSizes, u64* hits)
{
    using Ahead = LookAheadOrder<W, Size>;
    switch (policy) {
    case RankedPolicy::Lfu: {
        LfuOrder<W, Size> order[] = {LfuOrder<W, Size>(stream)};
        return replay<W, Size, false>(order, stream, nullptr, sizes, numSizes, hits);
    }
    case RankedPolicy::Belady: {
        BeladyOrder<W, Size> order[] = {BeladyOrder<W, Size>(stream)};
        return replay<W, Size, false>(order, stream, nullptr, sizes, numSizes, hits);
    }
    case RankedPolicy::LookAhead:
        if constexpr (Ahead::kSideBySide) {
            for (; numLookAheads >= 2; numLookAheads -= 2, lookAheads += 2, hits += 2 * numSizes) {
                Ahead orders[] = {Ahead(stream, lookAheads[0]), Ahead(stream, lookAheads[1])};
                replay<W, Size, true>(orders, stream, lookAheads, sizes, numSizes, hits);
            }
        }
        for (; numLookAheads; --numLookAheads, ++lookAheads, hits += numSizes) {
            Ahead order[] = {Ahead(stream, lookAheads[0])};
            replay<W, Size, true>(order, stream, lookAheads, sizes, numSizes, hits);
        }
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
        if (stream.fixedSize == 8 && stream.numTokens <= kMostEights)
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

void caches(const RankedStream& stream, RankedPolicy policy, const u32* lookAheads, u32 numLookAheads, const u32* sizes,
    u32 numSizes, u64* hits)
{
    forShape(stream, [&]<u32 W, typename Size>() {
        cachesOf<W, Size>(stream, policy, lookAheads, numLookAheads, sizes, numSizes, hits);
    });
}

}

extern const RankedKernels kTable;
const RankedKernels kTable = {ES_NAME, prepare, lru, caches};

}
