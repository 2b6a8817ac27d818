// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/trace/routing.h"

#include <vector>

namespace expertscope {

/// Choices as sets: empty slots are left out, and of an id that a token names twice the second time.
class ChoiceSets
{
public:
    explicit ChoiceSets(unsigned numExperts)
        : m_seen(numExperts)
    {
    }

    /// Takes `n` tokens of a block, from `first` on.
    void assign(const Block& block, std::size_t first, std::size_t n)
    {
        const std::size_t k = block.numSlots;
        m_ids.clear();
        m_ends.assign(1, 0);
        for (const std::uint16_t* token = block.expertIds.data() + first * k; n > 0; --n, token += k) {
            for (std::size_t r = 0; r < k; ++r) {
                if (token[r] < m_seen.size() && !m_seen[token[r]]) {
                    m_seen[token[r]] = 1;
                    m_ids.push_back(token[r]);
                }
            }
            for (std::size_t i = m_ends.back(); i < m_ids.size(); ++i)
                m_seen[m_ids[i]] = 0;
            m_ends.push_back(m_ids.size());
        }
    }

    std::size_t size() const { return m_ends.size() - 1; } ///< tokens
    /// In rank order.
    std::span<const std::uint16_t> operator[](std::size_t token) const
    {
        return std::span(m_ids).subspan(m_ends[token], m_ends[token + 1] - m_ends[token]);
    }

private:
    std::vector<std::uint8_t> m_seen; ///< [E]
    std::vector<std::uint16_t> m_ids;
    std::vector<std::size_t> m_ends{0}; ///< where each token's ids begin, and an end mark
};

}
