// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/simulation/kernels/stack_kernels.h"
#include "analysis/simulation/stack/priority_replay.h"

namespace expertscope::simulation {

/// Objects in the order of a key, higher first; among equals those whose key changed last, of a unit the ones named
/// first, and of those that never moved the lower ids. Keys change for a few objects at a time.
class RankOrder
{
public:
    explicit RankOrder(std::uint32_t numObjects);

    std::uint64_t key(std::uint32_t object) const { return m_keys[object]; }
    /// Below 2^63. To be followed by reorder() of all objects whose key changed.
    void setKey(std::uint32_t object, std::uint64_t key) { m_keys[object] = key; }
    /// Puts these objects, each named once, where they belong, and says how they moved.
    void reorder(std::span<const std::uint32_t> objects, Moves& moves);
    std::vector<std::uint32_t> ranks() const;

private:
    void merge(std::span<const std::uint32_t> objects, Moves& moves);

    const std::uint32_t m_numObjects;
    const StackKernels& m_kernels = stackKernels();
    std::vector<std::uint64_t> m_keys; ///< [U, padded to 64 with 0]
    std::vector<std::uint16_t> m_fewRanks; ///< [U, padded to 64] by object; empty: there are too many
    // Of many:
    std::vector<std::uint32_t> m_ranks; ///< [U] by object
    std::vector<std::uint32_t> m_order; ///< [U] by rank
    std::vector<std::uint32_t> m_others, m_sorted; ///< scratch
};

}
