// SPDX-License-Identifier: GPL-3.0-or-later
//
// Tokens with their weights in bounded memory: all of them, or of many a sample that neither threads nor order change.
#pragma once

#include "io/base/indices.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace expertscope {

struct WeightedToken
{
    TokenIndex token;
    float weight = 0;
    std::uint16_t rank = 0; ///< slot that the expert filled, from 0
};

/// Keeps tokens whose hash ends with enough zero bits: as many bits as keep it below `most`. Which those are depends on
/// the tokens alone.
class WeightSample
{
public:
    explicit WeightSample(std::size_t most = std::size_t(1) << 20)
        : m_most(most)
    {
    }

    void add(const WeightedToken& token)
    {
        if (!keeps(token.token))
            return;
        m_tokens.push_back(token);
        thin();
    }
    void add(const WeightSample& other);

    /// One in so many tokens was kept.
    std::uint64_t oneIn() const { return std::uint64_t(1) << m_bits; }
    /// The largest weights first, of equal ones the first token.
    std::vector<WeightedToken> byWeight() &&;

private:
    bool keeps(TokenIndex token) const;
    void thin();

    std::size_t m_most;
    unsigned m_bits = 0;
    std::vector<WeightedToken> m_tokens;
};

}
