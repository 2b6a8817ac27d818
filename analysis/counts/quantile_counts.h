// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/spine/archive.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

namespace expertscope {

/// Quantiles of numbers of which any part may come first: a histogram of the numbers rounded to 12 significant bits, so
/// that a quantile is off by at most 2^-12 of itself (0.02 %); 0, 1 and other short numbers are exact. 16 KiB for each
/// power of two (and sign) that comes up.
class QuantileCounts
{
public:
    /// Infinities and NaN are left out.
    void add(double value)
    {
        const auto exact = static_cast<float>(value);
        if (!std::isfinite(exact))
            return;
        const std::uint32_t rounded = std::bit_cast<std::uint32_t>(exact) + kHalf; // a carry is the next power of two
        const std::uint32_t place =
            (rounded & kSign ? ~rounded : rounded | kSign) >> kDropped; // in the order of numbers
        std::vector<std::uint64_t>& counts = m_counts[place / kEach];
        if (counts.empty())
            counts.resize(kEach);
        ++counts[place % kEach];
        ++m_n;
    }
    void add(const QuantileCounts& other)
    {
        for (std::size_t g = 0; g < m_counts.size(); ++g) {
            if (other.m_counts[g].empty())
                continue;
            m_counts[g].resize(kEach);
            for (std::size_t i = 0; i < kEach; ++i)
                m_counts[g][i] += other.m_counts[g][i];
        }
        m_n += other.m_n;
    }
    void persist(Archive& archive)
    {
        archive(m_n);
        for (std::vector<std::uint64_t>& counts : m_counts) {
            archive(counts);
            if (!counts.empty() && counts.size() != kEach)
                archive.refuse();
        }
    }

    std::uint64_t n() const { return m_n; }
    /// The least number that at least this share of them, 0 < q <= 1, are not above. NaN of nothing.
    double quantile(double q) const
    {
        const double wanted = std::max(1.0, std::ceil(q * double(m_n)));
        double below = 0;
        for (std::size_t place = 0; place < m_counts.size() * kEach; ++place) {
            if (m_counts[place / kEach].empty()) {
                place += kEach - 1;
                continue;
            }
            below += double(m_counts[place / kEach][place % kEach]);
            if (below >= wanted)
                return numberAt(static_cast<std::uint32_t>(place));
        }
        return NAN;
    }

private:
    static constexpr std::uint32_t kSign = 1u << 31, kDropped = 12, kHalf = 1u << (kDropped - 1), kEach = 2048;

    static double numberAt(std::uint32_t place)
    {
        const std::uint32_t ordered = place << kDropped;
        const std::uint32_t bits = ordered & kSign ? ordered & ~kSign : ~ordered & ~((1u << kDropped) - 1);
        return double(std::bit_cast<float>(bits));
    }

    std::vector<std::vector<std::uint64_t>> m_counts =
        std::vector<std::vector<std::uint64_t>>(512); ///< [sign and exponent][leading bits]
    std::uint64_t m_n = 0;
};

}
