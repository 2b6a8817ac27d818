// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

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
template <typename Call> void forEachSize(SizeSet sizes, const Call& call)
{
    for (; sizes; sizes &= sizes - 1)
        call(static_cast<std::size_t>(std::countr_zero(sizes)));
}

}
