// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace expertscope::simulation {

/// Some of the sizes that are replayed side by side, a bit each.
using SizeSet = std::uint64_t;
inline constexpr std::size_t kMostSizes = 64;

constexpr SizeSet sizeBit(std::size_t size)
{
    return SizeSet(1) << size;
}
constexpr SizeSet allSizes(std::size_t count)
{
    return count < kMostSizes ? sizeBit(count) - 1 : ~SizeSet(0);
}
struct BitsOfByte
{
    std::uint64_t places = 0; ///< of the bits, from the lowest on, a byte each
    std::uint64_t count = 0;
};
inline constexpr std::array<BitsOfByte, 256> kBitsOfByte = [] {
    std::array<BitsOfByte, 256> all{};
    for (unsigned byte = 0; byte < 256; ++byte) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            if (byte >> bit & 1)
                all[byte].places |= std::uint64_t(bit) << 8 * all[byte].count++;
        }
    }
    return all;
}();

/// The bits of a byte, a byte each, the lowest first.
inline constexpr std::array<std::uint64_t, 256> kSpreadByte = [] {
    std::array<std::uint64_t, 256> all{};
    for (unsigned byte = 0; byte < 256; ++byte) {
        for (unsigned bit = 0; bit < 8; ++bit)
            all[byte] |= std::uint64_t(byte >> bit & 1) << 8 * bit;
    }
    return all;
}();

template <typename Call> void forEachSize(SizeSet sizes, const Call& call)
{
    for (; sizes; sizes &= sizes - 1)
        call(static_cast<std::size_t>(std::countr_zero(sizes)));
}

}
