// SPDX-License-Identifier: GPL-3.0-or-later
//
// The parts of all kept sequences one below the other: how high each is, or is thought to be until it is read.
#pragma once

#include "views/tokens/data/kept_tokens.h"
#include "views/tokens/data/token_parts.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace expertscope {

struct TextPart
{
    SequenceIndex sequence;
    std::uint32_t position = 0; ///< of its first token in the sequence; 0: the head line of the sequence stands above
    TokenRange range;

    bool operator==(const TextPart&) const = default;
};

/// Heights are whole pixels; asking where a part stands, and changing its height, takes the logarithm of their number.
class PartColumn
{
public:
    /// Null: none.
    void setTokens(KeptTokensPtr kept);

    std::size_t size() const { return m_begins.size(); }
    TextPart part(std::size_t at) const;
    /// The one that holds a token; none: its sequence is left out.
    std::optional<std::size_t> find(TokenIndex token) const;

    /// All heights anew; `heightOf(tokens, first)`: of a part with so many tokens; `first`: it begins its sequence.
    template <class HeightOf> void estimate(const HeightOf& heightOf)
    {
        for (std::size_t i = 0; i < size(); ++i)
            m_heights[i] = heightOf(std::uint32_t(m_tokens[i]), m_positions[i] == 0);
        sumUp();
    }
    int height(std::size_t at) const { return m_heights[at]; }
    void setHeight(std::size_t at, int height);
    std::int64_t top(std::size_t at) const; ///< at == size(): the end of all
    std::int64_t total() const { return top(size()); }
    /// The part at a height from the top, the last one behind the end. Needs one part.
    std::size_t at(std::int64_t y) const;

private:
    void sumUp();

    KeptTokensPtr m_kept;
    std::vector<std::uint64_t> m_begins; ///< [parts] first token
    std::vector<std::uint32_t> m_positions; ///< [parts]
    std::vector<std::uint16_t> m_tokens; ///< [parts] how many
    std::vector<int> m_heights; ///< [parts]
    std::vector<std::int64_t> m_sums; ///< of a binary indexed tree, [parts + 1]
};

}
