// SPDX-License-Identifier: GPL-3.0-or-later
//
// Random numbers of the synthetic traces: the same on every machine, and by counter, so that any cell can be made
// alone.
#pragma once

#include <cstdint>

namespace expertscope {

/// The splitmix64 output function (Steele, Lea, Flood 2014; Vigna's constants): metrics.md 9.1.
constexpr std::uint64_t mix(std::uint64_t x)
{
    x += 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

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

/// A function of `seed` and `purpose` to add counters to: mix(key + counter) is the counter's random number.
constexpr std::uint64_t streamKey(std::uint64_t seed, std::uint64_t purpose)
{
    return mix(mix(seed) + purpose * 0xD1342543DE82EF95u);
}

}
