// SPDX-License-Identifier: GPL-3.0-or-later
//
// Where the sequences of a packed batch lie, for layers whose tokens look at those before them. For .cpp files of
// io/backend only.
#pragma once

#include "io/backend/engine.h"

#include <vector>

namespace expertscope {

/// Tokens of one sequence that are in one part of the batch.
struct Segment
{
    std::int64_t first = 0, count = 0; ///< tokens of the batch
    bool begun = false; ///< the sequence has tokens before this part …
    bool goesOn = false; ///< … and behind it
};

class SequenceParts
{
public:
    void plan(const std::vector<std::uint32_t>& lengths);
    /// The place of a token in its sequence.
    std::int64_t position(std::int64_t token) const { return m_position[static_cast<std::size_t>(token)]; }
    /// The segments of a part, in order.
    std::vector<Segment> of(const Part& part) const;

private:
    std::vector<std::uint32_t> m_position; ///< of each token
    std::vector<std::int64_t> m_ends; ///< of each sequence
};

}
