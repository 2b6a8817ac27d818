// SPDX-License-Identifier: GPL-3.0-or-later
//
// Random numbers that are the same on every machine.
#pragma once

#include <cstdint>

namespace expertscope {

/// The splitmix64 output function (Steele, Lea, Flood 2014; Vigna's constants).
constexpr std::uint64_t splitmix64(std::uint64_t x)
{
    x += 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

/// The generator of that name: one number after the other.
class SplitMix
{
public:
    explicit constexpr SplitMix(std::uint64_t seed)
        : m_state(seed)
    {
    }
    constexpr std::uint64_t next()
    {
        const std::uint64_t number = splitmix64(m_state);
        m_state += 0x9E3779B97F4A7C15u;
        return number;
    }

private:
    std::uint64_t m_state;
};

}
