// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace expertscope::tokenizer {

/// Folds two words into one by a 128-bit product: one multiplication mixes every bit with every other.
inline std::uint64_t mixBits(std::uint64_t a, std::uint64_t b)
{
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a ^ 0x9E3779B97F4A7C15u) * (b ^ 0xD1B54A32D192ED03u);
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

inline std::uint64_t hashBytes(std::string_view bytes)
{
    const char* p = bytes.data();
    std::size_t n = bytes.size();
    std::uint64_t h = n;
    std::uint64_t word = 0;
    for (; n > 8; n -= 8, p += 8) {
        std::memcpy(&word, p, 8);
        h = mixBits(h, word);
    }
    // The last 1 to 8 bytes, in two overlapping reads where they suffice
    if (n >= 4) {
        std::uint32_t low, high;
        std::memcpy(&low, p, 4);
        std::memcpy(&high, p + n - 4, 4);
        word = std::uint64_t(high) << 32 | low;
    } else if (n > 0) {
        const auto byte = [&](std::size_t i) { return std::uint64_t(static_cast<unsigned char>(p[i])); };
        word = byte(0) | byte(n / 2) << 8 | byte(n - 1) << 16;
    }
    return mixBits(h, word);
}

}
