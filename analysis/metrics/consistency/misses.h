// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace expertscope {

/// The logarithm of the chance that so many choices of E experts all miss one, or two: whole numbers, so that sums over the
/// tokens of a window do not depend on how they are grouped.
class Misses
{
public:
    explicit Misses(unsigned E)
        : m_one(E + 1u)
        , m_two(E + 1u)
    {
        for (unsigned size = 0; size <= E; ++size) {
            m_one[size] = rounded(std::log1p(-double(size) / E));
            m_two[size] = m_one[size] + rounded(std::log1p(-double(size) / (E - 1.0)));
        }
    }

    std::int64_t one(std::size_t size) const { return m_one[size]; }
    std::int64_t two(std::size_t size) const { return m_two[size]; }
    static double probability(std::int64_t sum) { return std::exp(double(sum) / kScale); }
    /// Adds so many tokens; what is as good as never stays that.
    static void add(std::int64_t& sum, std::int64_t misses, std::uint32_t tokens)
    {
        __extension__ using Wide = __int128;
        const Wide more = sum + Wide(misses) * tokens, never = static_cast<std::int64_t>(kNever * kScale);
        sum = static_cast<std::int64_t>(std::max(more, never));
    }

private:
    static constexpr double kScale = 0x1p50, kNever = -1000; ///< nats
    /// -inf, or NaN beyond it: somebody is met for sure.
    static std::int64_t rounded(double log)
    {
        return static_cast<std::int64_t>(std::floor((log > kNever ? log : kNever) * kScale + 0.5));
    }

    std::vector<std::int64_t> m_one, m_two; ///< [choices]
};

}
