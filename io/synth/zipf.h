// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/synth/random.h"

#include <cstdint>
#include <vector>

namespace expertscope {

/// Draws 0 … n-1 with probabilities proportional to 1 / (i+1)^exponent, in constant time (Walker's alias method,
/// 1977; tables by Vose 1991). 12 bytes an entry.
class ZipfTable
{
public:
    ZipfTable(std::uint32_t n, double exponent);

    /// Of 64 uniform bits.
    std::uint32_t operator()(std::uint64_t bits) const
    {
        const std::uint64_t column = below(m_keep.size(), bits);
        return bits < m_keep[column] ? static_cast<std::uint32_t>(column) : m_alias[column];
    }

private:
    std::vector<std::uint64_t> m_keep; ///< threshold of the column's own entry, of 2^64
    std::vector<std::uint32_t> m_alias;
};

}
