// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/bits/choice_bits.h"
#include "analysis/counts/set_sizes.h"

#include <vector>

namespace expertscope {

/// Choices counted per expert at one site: what load, balance and specialisation are made of.
class LoadCounts
{
public:
    explicit LoadCounts(const Site& site);

    /// Adds the tokens of a run. `slots` 0: all of a token's choices; else only its first `slots`.
    void add(const Block& block, const SequenceRun& run, unsigned slots = 0);
    /// The same of all choices, faster for long runs of tokens that all differ.
    void add(const Block& block, ChoiceBits& bits, const SequenceRun& run);
    void add(const LoadCounts& other);
    void clear();
    void persist(Archive& archive);

    std::span<const std::uint64_t> counts() const { return m_counts; } ///< [E]
    std::uint16_t numExperts() const { return m_numExperts; }
    std::uint64_t tokens() const { return m_sizes.tokens(); } ///< with at least one choice
    std::uint64_t choices() const { return m_sizes.choices(); } ///< sum of counts
    const SetSizes& sizes() const { return m_sizes; } ///< of the tokens' choices

private:
    std::uint16_t m_numExperts;
    std::vector<std::uint64_t> m_counts; ///< [E]
    SetSizes m_sizes;
};

}
