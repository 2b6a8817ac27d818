// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/spine/token_set.h"

#include <algorithm>
#include <cassert>

namespace expertscope {

void TokenSet::insert(TokenRange range)
{
    for (std::uint64_t at = range.begin.value; at < range.end.value;) {
        const std::uint64_t next = std::min((at / 64 + 1) * 64, range.end.value), bits = next - at;
        m_words[at / 64] |= (bits == 64 ? ~std::uint64_t(0) : (std::uint64_t(1) << bits) - 1) << at % 64;
        at = next;
    }
}

std::uint64_t TokenSet::count() const
{
    std::uint64_t members = 0;
    for (const std::uint64_t word : m_words)
        members += std::uint64_t(std::popcount(word));
    return members;
}

std::uint64_t TokenSet::count(TokenRange range) const
{
    std::uint64_t members = 0;
    for (TokenIndex at = next(range.begin, range.end); at < range.end;) {
        const TokenIndex gap = nextGap(at, range.end);
        members += gap.value - at.value;
        at = next(gap, range.end);
    }
    return members;
}

void TokenSet::unite(const TokenSet& other)
{
    assert(other.m_numTokens == m_numTokens);
    for (std::size_t i = 0; i < m_words.size(); ++i)
        m_words[i] |= other.m_words[i];
}

void TokenSet::intersect(const TokenSet& other)
{
    assert(other.m_numTokens == m_numTokens);
    for (std::size_t i = 0; i < m_words.size(); ++i)
        m_words[i] &= other.m_words[i];
}

void TokenSet::remove(const TokenSet& other)
{
    assert(other.m_numTokens == m_numTokens);
    for (std::size_t i = 0; i < m_words.size(); ++i)
        m_words[i] &= ~other.m_words[i];
}

}
