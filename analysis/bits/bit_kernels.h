// SPDX-License-Identifier: GPL-3.0-or-later
//
// Loops over choices as bits (ChoiceBits), compiled for several instruction sets and chosen at run time. A *set* is a
// token's choices, a bit an expert, in words of 64 experts. Sets are *turned* in groups of 64 tokens: word e of a group
// has a bit for each of its tokens that chose expert e; a group has 64 words for each word of a set.
#pragma once

#include <cstddef>
#include <cstdint>

namespace expertscope {

/// Experts whose words a vector holds; turned groups come in whole vectors.
inline constexpr std::size_t kLanes = 8;
/// Tokens that a window may be long, and the groups before a block that it takes to know.
inline constexpr unsigned kMostTurnedWindow = 512, kGroupsBefore = kMostTurnedWindow / 64;

/// Turned sets.
struct TurnedSets
{
    const std::uint64_t* words = nullptr; ///< [groups][stride]
    std::size_t groups = 0;
    std::size_t stride = 0; ///< 64 * words of a set
};

/// Windows of tokens, for BitKernels::windows.
struct WindowTask
{
    struct Length
    {
        unsigned m = 0; ///< tokens, 1..kMostTurnedWindow
        const std::uint64_t* counted = nullptr; ///< [groups] bit t: the window that ends at token t counts
        /// [stride / kLanes][histogramRows(m)][kLanes] added to: windows of an expert by how often they chose it
        std::uint64_t* histogram = nullptr;
    };
    static constexpr std::size_t histogramRows(std::size_t m) { return (m / 8 + 1) * 8; }

    TurnedSets sets;
    unsigned numExperts = 0; ///< that are looked at
    const std::uint64_t* before = nullptr; ///< [kGroupsBefore][stride] the groups before, or null for no choices there
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
    /// Turns 64 sets of one word, `stride` words apart: turned[i] has bit t if sets[t] has bit i.
    void (*turn)(const std::uint64_t* sets, std::size_t stride, std::uint64_t* turned);
    /// counts[e] += tokens that chose e < numExperts; in the first group only those in `head`, in the last in `tail`.
    void (*counts)(const TurnedSets& sets, unsigned numExperts, std::uint64_t head, std::uint64_t tail,
        std::uint64_t* counts);
    /// histogram[s] += the neighbours among n sets that share s members; `words` of a set at most 4.
    void (*overlaps)(const std::uint64_t* sets, std::size_t n, unsigned words, std::uint64_t* histogram);
    /// The number of (set, mask) pairs, of n sets and m masks of so many words, that share a member.
    std::uint64_t (*touched)(const std::uint64_t* sets, std::size_t n, unsigned words, const std::uint64_t* masks,
        std::size_t m);
    /// cells[i * numTo + j] += tokens that chose i < numFrom at one site and j < numTo at the other, of those in
    /// `wanted` [groups]. Sites have as many groups. `upper`: only pairs i <= j are asked for; what is below the
    /// diagonal is of no use.
    void (*pairs)(const TurnedSets& from, unsigned numFrom, const TurnedSets& to, unsigned numTo,
        const std::uint64_t* wanted, std::uint32_t* cells, bool upper);
    /// How often each expert is chosen in each window.
    void (*windows)(const WindowTask& task);
    /// pairs and windows are faster than going from choice to choice, for few experts.
    bool turnedPays;
};

const BitKernels& bitKernels();
/// All that this CPU can run, for tests.
std::size_t numBitKernels();
const BitKernels& bitKernels(std::size_t i);

}
