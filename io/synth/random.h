// SPDX-License-Identifier: GPL-3.0-or-later
//
// Random numbers of the synthetic traces: the same on every machine, and by counter, so that any cell can be made
// alone.
#pragma once

#include "io/base/splitmix.h"

namespace expertscope {

/// Uniform in [0, 1): the top 53 bits.
constexpr double unit(std::uint64_t bits)
{
    return double(bits >> 11) * 0x1p-53;
}

/// Uniform in 0 … n-1 of the top of `bits`, which keeps the rest for another draw: fine while the product of all n is
/// far below 2^64.
inline std::uint64_t below(std::uint64_t n, std::uint64_t& bits)
{
    const auto product = static_cast<unsigned __int128>(bits) * n;
    bits = static_cast<std::uint64_t>(product);
    return static_cast<std::uint64_t>(product >> 64);
}

/// A function of `seed` and `purpose` to add counters to: splitmix64(key + counter) is the counter's random number.
constexpr std::uint64_t streamKey(std::uint64_t seed, std::uint64_t purpose)
{
    return splitmix64(splitmix64(seed) + purpose * 0xD1342543DE82EF95u);
}

}
