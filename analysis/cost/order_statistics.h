// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace expertscope::cost {

/// Values by rank. Holds memory that is used again from call to call.
class OrderStatistics
{
public:
    /// The values that would stand at these places (ascending, from 0, below values.size()) if `values` were sorted.
    /// Finite values only. Linear: they are counted into bins of equal width, and only what shares a bin with an answer
    /// is looked at closely.
    void find(std::span<const float> values, std::span<const std::size_t> places, std::span<float> answers);

private:
    static constexpr std::size_t kBins = 1024;
    std::vector<std::uint16_t> m_bins; ///< of each value
    std::vector<std::uint32_t> m_counts;
    std::vector<float> m_close;
};

}
