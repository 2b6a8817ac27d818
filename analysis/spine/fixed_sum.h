// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cmath>
#include <cstdint>

namespace expertscope {

/// A sum of real numbers that is the same bit for bit in whatever order and grouping it is taken: each value is rounded
/// once to a multiple of 2^-52 (error <= 1.2e-16), integers do the rest. So threads and block sizes cannot change a
/// result.
class FixedSum
{
public:
    /// Values that are not finite or beyond 2^40 are not added; returns whether it was.
    bool add(double value)
    {
        if (std::abs(value) < 512) // the fast path: fits 64 bits
            m_sum += static_cast<Modular>(static_cast<std::int64_t>(value * kScale + (value < 0 ? -0.5 : 0.5)));
        else if (std::abs(value) <= 0x1p40) // false for NaN
            m_sum += static_cast<Modular>(static_cast<Wide>(value * kScale));
        else
            return false;
        ++m_n;
        return true;
    }
    void add(const FixedSum& other)
    {
        m_sum += other.m_sum;
        m_n += other.m_n;
    }

    template <class A> void persist(A& archive)
    {
        auto low = static_cast<std::uint64_t>(m_sum);
        auto high = static_cast<std::uint64_t>(m_sum >> 64);
        archive(low, high, m_n);
        m_sum = static_cast<Modular>(high) << 64 | low;
    }

    std::uint64_t n() const { return m_n; }
    double sum() const { return static_cast<double>(static_cast<Wide>(m_sum)) / kScale; }
    double mean() const { return sum() / static_cast<double>(m_n); } ///< NaN of nothing

private:
    __extension__ using Wide = __int128;
    __extension__ using Modular = unsigned __int128; // sums of a damaged state wrap; signed ones must not
    static constexpr double kScale = 0x1p52;
    Modular m_sum = 0; ///< two's complement; 2^92 + 2^35: room for 2^35 values of the largest size
    std::uint64_t m_n = 0;
};

}
