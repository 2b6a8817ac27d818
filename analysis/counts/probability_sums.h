// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/spine/archive.h"

#include <cstdint>
#include <span>
#include <vector>

namespace expertscope {

/// Sums of probability vectors, the same bit for bit in whatever order they are added: each value is rounded once to a
/// multiple of 2^-52. As FixedSum, but for [0, 1] only and with 16 bytes an expert.
class ProbabilitySums
{
public:
    explicit ProbabilitySums(std::size_t numExperts)
        : m_parts(numExperts)
        , m_whole(numExperts)
    {
    }

    /// `p` [E], each in [0, 1].
    void add(std::span<const double> p)
    {
        for (std::size_t e = 0; e < m_parts.size(); ++e)
            m_parts[e] += static_cast<std::uint64_t>(static_cast<std::int64_t>(p[e] * 0x1p52 + 0.5));
        ++m_tokens;
        if (++m_pending == 1024) // 2^62 at most until here
            carry();
    }

    void add(const ProbabilitySums& other)
    {
        carry();
        for (std::size_t e = 0; e < m_parts.size(); ++e) {
            m_whole[e] += other.m_whole[e];
            m_parts[e] += other.m_parts[e];
        }
        m_tokens += other.m_tokens;
        carry();
    }

    void clear()
    {
        m_parts.assign(m_parts.size(), 0);
        m_whole.assign(m_whole.size(), 0);
        m_tokens = 0;
        m_pending = 0;
    }

    void persist(Archive& archive)
    {
        carry();
        archive.fixed(m_parts);
        archive.fixed(m_whole);
        archive(m_tokens);
    }

    std::size_t numExperts() const { return m_parts.size(); }
    std::uint64_t tokens() const { return m_tokens; } ///< vectors added
    double sum(std::size_t e) const
    {
        return double(m_whole[e] + (m_parts[e] >> 52)) + double(m_parts[e] & kFraction) * 0x1p-52;
    }

private:
    static constexpr std::uint64_t kFraction = (std::uint64_t(1) << 52) - 1;

    void carry()
    {
        for (std::size_t e = 0; e < m_parts.size(); ++e) {
            m_whole[e] += m_parts[e] >> 52;
            m_parts[e] &= kFraction;
        }
        m_pending = 0;
    }

    std::vector<std::uint64_t> m_parts; ///< [E] multiples of 2^-52, carried to m_whole now and then
    std::vector<std::uint64_t> m_whole; ///< [E]
    std::uint64_t m_tokens = 0;
    std::uint32_t m_pending = 0; ///< vectors added since the last carry
};

}
