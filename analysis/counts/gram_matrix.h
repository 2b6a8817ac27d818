// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/spine/archive.h"

#include <span>
#include <vector>

namespace expertscope {

/// Sums over tokens of the products z_i z_j of E numbers a token, the same bit for bit in whatever order and grouping
/// the tokens come: each number is rounded once to a multiple of 2^-18 (error up to 1.9e-6, of either sign, so that a
/// cosine over thousands of tokens is good to some 1e-8), integers do the rest.
class GramMatrix
{
public:
    explicit GramMatrix(std::size_t size);

    /// Adds a token; not when one of its numbers is not finite or is beyond 2^10.
    void add(std::span<const float> values);
    /// To be called after the last token of a block: the others look at what has been flushed.
    void flush();
    void add(const GramMatrix& other);
    void persist(Archive& archive);

    std::uint64_t tokens() const { return m_tokens; }
    /// Sum of z_i z_j.
    double at(std::size_t i, std::size_t j) const;
    /// Cosine of columns i and j; NaN when one of them is all 0.
    double cosine(std::size_t i, std::size_t j) const;

private:
    __extension__ using Wide = unsigned __int128; ///< two's complement
    static constexpr unsigned kBatch = 64; ///< tokens: their sums of products stay below 2^62

    static std::size_t place(std::size_t i, std::size_t j) { return i * (i + 1) / 2 + j; } ///< j <= i

    std::size_t m_size;
    std::vector<Wide> m_sums; ///< [i, j <= i], in units of 2^-36
    std::uint64_t m_tokens = 0;
    std::vector<std::int32_t> m_batch; ///< [tokens, size] that wait
};

}
