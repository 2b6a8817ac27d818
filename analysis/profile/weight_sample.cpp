// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/profile/weight_sample.h"

#include <algorithm>

namespace expertscope {

namespace {

/// The finaliser of splitmix64: each bit of the result depends on all bits of the token.
std::uint64_t hashOf(TokenIndex token)
{
    std::uint64_t x = token.value + 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

}

bool WeightSample::keeps(TokenIndex token) const
{
    return m_bits == 0 || (hashOf(token) & (oneIn() - 1)) == 0;
}

void WeightSample::thin()
{
    while (m_tokens.size() > m_most) {
        ++m_bits;
        std::erase_if(m_tokens, [this](const WeightedToken& token) { return !keeps(token.token); });
    }
}

void WeightSample::add(const WeightSample& other)
{
    if (other.m_bits > m_bits) {
        m_bits = other.m_bits;
        std::erase_if(m_tokens, [this](const WeightedToken& token) { return !keeps(token.token); });
    }
    for (const WeightedToken& token : other.m_tokens) {
        if (keeps(token.token))
            m_tokens.push_back(token);
    }
    thin();
}

std::vector<WeightedToken> WeightSample::byWeight() &&
{
    std::ranges::sort(m_tokens, [](const WeightedToken& a, const WeightedToken& b) {
        return a.weight != b.weight ? a.weight > b.weight : a.token < b.token;
    });
    return std::move(m_tokens);
}

}
