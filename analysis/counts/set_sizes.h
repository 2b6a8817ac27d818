// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/spine/archive.h"

#include <cstdint>

namespace expertscope {

/// So many tokens that choose `size` experts each.
struct EqualSets
{
    double size = 0, tokens = 0;
};

/// How many experts tokens chose: what chance has to be told of them. Tokens without a choice do not count.
class SetSizes
{
public:
    void note(std::uint64_t size, std::uint64_t tokens = 1)
    {
        if (size == 0)
            return;
        m_tokens += tokens;
        m_choices += size * tokens;
        m_squares += size * size * tokens;
    }
    void add(const SetSizes& other)
    {
        m_tokens += other.m_tokens;
        m_choices += other.m_choices;
        m_squares += other.m_squares;
    }
    void persist(Archive& archive) { archive(m_tokens, m_choices, m_squares); }

    std::uint64_t tokens() const { return m_tokens; }
    std::uint64_t choices() const { return m_choices; }
    double mean() const { return m_tokens ? double(m_choices) / double(m_tokens) : 0; }
    /// The size, when it is the same for all tokens; 0: there are none, or it varies.
    std::uint64_t even() const
    {
        const std::uint64_t size = m_tokens ? m_choices / m_tokens : 0;
        return size * m_tokens == m_choices && size * m_choices == m_squares ? size : 0;
    }
    /// Tokens of one size (real numbers) that by chance give each expert a load of the same mean and variance.
    EqualSets worth() const
    {
        if (m_choices == 0)
            return {};
        const double size = double(m_squares) / double(m_choices);
        return {size, double(m_choices) / size};
    }

private:
    std::uint64_t m_tokens = 0, m_choices = 0, m_squares = 0; ///< sums of 1, size, size^2
};

}
