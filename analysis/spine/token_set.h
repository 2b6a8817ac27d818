// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/base/indices.h"

#include <bit>
#include <cstdint>
#include <vector>

namespace expertscope {

/// Some of the tokens of a trace, a bit each: those that a pass looks at (PassOptions::tokens).
class TokenSet
{
public:
    explicit TokenSet(std::uint64_t numTokens = 0)
        : m_numTokens(numTokens)
        , m_words((numTokens + 63) / 64)
    {
    }

    std::uint64_t numTokens() const { return m_numTokens; } ///< of the trace
    bool has(TokenIndex token) const { return m_words[token.value / 64] >> token.value % 64 & 1; }
    void insert(TokenIndex token) { m_words[token.value / 64] |= std::uint64_t(1) << token.value % 64; }
    void insert(TokenRange range);

    std::uint64_t count() const;
    /// The number of members in a range.
    std::uint64_t count(TokenRange range) const;

    /// Both sets must be of the same trace.
    void unite(const TokenSet& other);
    void intersect(const TokenSet& other);
    void remove(const TokenSet& other);

    /// The first member at or after `from`, or `end` when there is none before it.
    TokenIndex next(TokenIndex from, TokenIndex end) const { return scan(from, end, 0); }
    /// The first token at or after `from` that is no member, or `end`.
    TokenIndex nextGap(TokenIndex from, TokenIndex end) const { return scan(from, end, ~std::uint64_t(0)); }

private:
    /// The first bit in [from, end) that differs from those of `flip`.
    TokenIndex scan(TokenIndex from, TokenIndex end, std::uint64_t flip) const
    {
        for (std::uint64_t at = from.value; at < end.value; at = (at / 64 + 1) * 64) {
            const std::uint64_t rest = (m_words[at / 64] ^ flip) >> at % 64;
            if (rest) {
                const std::uint64_t found = at + std::uint64_t(std::countr_zero(rest));
                return found < end.value ? TokenIndex(found) : end;
            }
        }
        return end;
    }

    std::uint64_t m_numTokens;
    std::vector<std::uint64_t> m_words;
};

}
