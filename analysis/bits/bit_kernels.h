// SPDX-License-Identifier: GPL-3.0-or-later
//
// Loops over choices as bits (ChoiceBits), compiled for several instruction sets and chosen at run time. A *set* is a
// token's choices, a bit an expert; a *plane* is an expert's choices, a bit a token.
#pragma once

#include <cstddef>
#include <cstdint>

namespace expertscope {

/// Planes and masks of tokens come in whole vectors of so many words; the rest of the last one is 0.
inline constexpr std::size_t kVectorWords = 8;
/// Tokens that a window may be long.
inline constexpr unsigned kMostWindow = 64 * kVectorWords;

/// Windows of tokens, for BitKernels::windows.
struct WindowTask
{
    struct Length
    {
        unsigned m = 0; ///< tokens, 1..kMostWindow
        const std::uint64_t* counted = nullptr; ///< [words] bit t: the window that ends at token t counts
        std::uint64_t* histogram = nullptr; ///< [m + 1] added to: windows with 0, 1, … m choices
        std::uint64_t* lanes = nullptr; ///< [(m / 8 + 1) * 8][kVectorWords] working memory, 64-byte aligned, 0
    };

    const std::uint64_t* plane = nullptr; ///< [words], a whole number of vectors, which need not be aligned
    const std::uint64_t* before = nullptr; ///< [kVectorWords] the plane of the tokens before
    std::size_t words = 0;
    const Length* lengths = nullptr;
    std::size_t numLengths = 0;
};

struct BitKernels
{
    const char* name;
    /// Whether any of n ids is not below `limit`.
    bool (*anyFrom)(const std::uint16_t* ids, std::size_t n, std::uint16_t limit);
    /// cells[i] = rows[i] * rowLength + columns[i]: where a table of pairs counts them.
    void (*cells)(const std::uint16_t* rows, const std::uint16_t* columns, std::size_t n, std::uint32_t rowLength,
        std::uint32_t* cells);
    /// sets[t] has the bits of ids[t * stride .. + k), which must be below 64 * words.
    void (*sets)(const std::uint16_t* ids, std::size_t n, std::size_t stride, unsigned k, unsigned words,
        std::uint64_t* sets);
    /// Whether each of the n sets has k members.
    bool (*allOfSize)(const std::uint64_t* sets, std::size_t n, unsigned words, unsigned k);
    /// Turns 64 sets of one word, `stride` words apart, into words of 64 planes: turned[i] has bit t of sets[t] bit i.
    void (*turn)(const std::uint64_t* sets, std::size_t stride, std::uint64_t* turned);
    /// counts[e] += the bits of plane e in `words` words; of the first word only those in `head`, of the last in `tail`.
    void (*counts)(const std::uint64_t* planes, std::size_t stride, unsigned numExperts, std::size_t words,
        std::uint64_t head, std::uint64_t tail, std::uint64_t* counts);
    /// histogram[s] += the neighbours among n sets that share s members; `words` of a set at most 4.
    void (*overlaps)(const std::uint64_t* sets, std::size_t n, unsigned words, std::uint64_t* histogram);
    /// The number of (set, mask) pairs, of n sets and m masks of so many words, that share a member.
    std::uint64_t (*touched)(const std::uint64_t* sets, std::size_t n, unsigned words, const std::uint64_t* masks,
        std::size_t m);
    /// cells[i * numTo + j] += tokens that are in plane i of `from` and in plane j of `to`. Planes are `fromStride` and
    /// `toStride` words apart; `words` is a whole number of vectors.
    void (*pairs)(const std::uint64_t* from, std::size_t fromStride, unsigned numFrom, const std::uint64_t* to,
        std::size_t toStride, unsigned numTo, std::size_t words, std::uint32_t* cells);
    /// The same for pairs i <= j of one site's planes; cells [numExperts][numExperts].
    void (*pairsWithin)(const std::uint64_t* planes, std::size_t stride, unsigned numExperts, std::size_t words,
        std::uint32_t* cells);
    /// How often an expert is chosen in each window.
    void (*windows)(const WindowTask& task);
    /// pairs, pairsWithin and windows are faster than going from choice to choice, for few experts.
    bool planesPay;
};

const BitKernels& bitKernels();
/// All that this CPU can run, for tests.
std::size_t numBitKernels();
const BitKernels& bitKernels(std::size_t i);

}
