// SPDX-License-Identifier: GPL-3.0-or-later
//
// Simulated caches of up to 256 experts, as SequenceCaches describes them: inner loops, one source
// (ranked_caches_impl.h) compiled for each instruction set, chosen at run time. Plain data only.
//
// A policy puts all experts in one order, resident or not, the first to be evicted first: an expert's place in it is
// its rank. A use or a look ahead moves one expert to another rank, the same for caches of any size. A cache is a set
// of ranks, a bit each: a move shifts the bits between, and what is evicted is the lowest bit.
//
// A cache that is not full needs no case of its own. It starts with the experts that the sequence uses first, as many
// as fit: each is a hit, as the warm start has it, and none is evicted before all of them were used.
#pragma once

#include <cstdint>

namespace expertscope {

inline constexpr std::uint32_t kMostRanked = 256, kMostLookAhead = 254, kMostSizes = 32;

struct RankedStream
{
    const std::uint8_t* experts; ///< token by token, none twice in a token
    const std::uint32_t* tokenEnds;
    std::uint32_t numTokens;
    std::uint32_t numWords; ///< 64 ranks each, at least as many as experts: 1, 2 or 4
    std::uint32_t fixedSize; ///< choices of each token; 0: not as many for all
    const std::uint8_t* byFirstUse; ///< [64 numWords] all experts, also who does not exist, in the order of first use
    std::uint8_t* scratch; ///< as long as `experts`, and 16 more
    std::uint32_t* counts; ///< scratch: [numTokens + kMostLookAhead + 3]
};

enum class RankedPolicy
{
    Lfu,
    Belady,
    LookAhead
};

struct RankedKernels
{
    const char* name; ///< "avx512", "avx2", "baseline"
    /// Fills `bytes`, `byFirstUse` and fixedSize of a stream that knows its tokens and its words; numUsed: how many
    /// experts it uses. False: a token names an expert twice.
    bool (*prepare)(const std::uint32_t* experts, RankedStream& stream, std::uint8_t* bytes, std::uint8_t* byFirstUse,
        std::uint32_t& numUsed);
    /// LRU: ++distances[d] for each choice that is a hit at sizes above d.
    void (*lru)(const RankedStream& stream, std::uint64_t* distances);
    /// Adds the hits at each size, at most kMostSizes: hits[size], of LookAhead [lookAhead][size]. lookAheads, for it
    /// only: at least 1 and at most kMostLookAhead tokens each.
    void (*caches)(const RankedStream& stream, RankedPolicy policy, const std::uint32_t* lookAheads,
        std::uint32_t numLookAheads, const std::uint32_t* sizes, std::uint32_t numSizes, std::uint64_t* hits);
};

/// Those of cpuLevel().
const RankedKernels& rankedKernels();

}
