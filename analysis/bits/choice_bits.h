// SPDX-License-Identifier: GPL-3.0-or-later
//
// The choices of a block as bits: made when first asked for, then shared by all metrics that look at the block.
#pragma once

#include "analysis/bits/bit_kernels.h"
#include "io/trace/routing.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace expertscope {

/// Bits of a set that has so many words.
std::uint32_t sizeOfSet(const std::uint64_t* set, unsigned words);

/// Which tokens chose which experts. Empty slots, and ids not below E, leave no bit; an id that a token names twice
/// leaves one. All tokens of the block are there, whatever its runs.
class ChoiceBits
{
public:
    /// Takes up another block, whose ids must stay where they are. Its memory is used again.
    void reset(const Block& block);

    unsigned words() const { return m_words; } ///< of a set: ceil(E / 64)
    /// [n][words()] a bit for each expert that the token chose.
    std::span<const std::uint64_t> sets();
    const std::uint64_t* set(std::size_t token) { return sets().data() + token * m_words; }
    /// Whether each token fills the same first slots (Block::evenSlots) with experts that all differ.
    bool plain();

    /// The sets of each 64 tokens turned; no bits beyond the last token.
    TurnedSets turned();

    /// counts[e] += tokens from `first` up to, without, `end` that chose e.
    void count(std::size_t first, std::size_t end, std::uint64_t* counts);

private:
    void makeSets();
    void turn();

    Block m_block;
    unsigned m_words = 0;
    bool m_haveSets = false, m_haveTurned = false, m_plain = false;
    std::vector<std::uint64_t> m_sets, m_turned;
};

/// The tokens of a block that are in its runs: a bit each, in words of 64.
class RunMask
{
public:
    explicit RunMask(const Block& block);

    const std::uint64_t* bits() const { return m_bits.data(); }
    std::uint64_t tokens() const { return m_tokens; }

private:
    std::vector<std::uint64_t> m_bits;
    std::uint64_t m_tokens = 0;
};

/// Sets the bits first..end-1.
void setBits(std::uint64_t* bits, std::size_t first, std::size_t end);

}
