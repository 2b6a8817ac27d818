// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/spine/selection.h"

#include <algorithm>
#include <vector>

namespace expertscope::placement {

/// The ordinals of the tokens that a pass with these options visits: 0, 1, … in token order.
class TokenOrder
{
public:
    TokenOrder(const RoutingShape& shape, const std::vector<SequenceIndex>& selected, const PassOptions& options)
        : m_before(shape.sequences.size())
        , m_first(shape.sequences.size())
        , m_rank(shape.sequences.size())
    {
        for (std::size_t i = 0; i < selected.size(); i += std::max(options.everySequence, 1u)) {
            const std::size_t s(selected[i]);
            m_before[s] = m_tokens;
            m_rank[s] = m_sequences++;
            const PositionRange kept = keptPositions(shape.sequences[s], options);
            m_first[s] = kept.begin;
            m_tokens += kept.length();
        }
    }
    /// Of the first token of a run.
    std::uint64_t ordinal(const SequenceRun& run) const
    {
        return m_before[std::size_t(run.sequence)] + (run.position - m_first[std::size_t(run.sequence)]);
    }
    /// 0, 1, … among the visited sequences.
    std::uint32_t rank(SequenceIndex sequence) const { return m_rank[std::size_t(sequence)]; }
    std::uint64_t tokens() const { return m_tokens; }

private:
    std::vector<std::uint64_t> m_before; ///< [S] tokens of the visited sequences before
    std::vector<std::uint32_t> m_first; ///< [S] position of the first token that is visited
    std::vector<std::uint32_t> m_rank;
    std::uint64_t m_tokens = 0;
    std::uint32_t m_sequences = 0;
};

}
