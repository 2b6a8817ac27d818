// SPDX-License-Identifier: GPL-3.0-or-later
//
// Kernels that need no more than the compiler: part of each bit_kernels_*.cpp, which define ES_KERNELS (namespace).
#pragma once

#include "analysis/bits/bit_kernels.h"

namespace expertscope::ES_KERNELS {
namespace {

bool anyFrom(const std::uint16_t* ids, std::size_t n, std::uint16_t limit)
{
    std::uint16_t any = 0;
    for (std::size_t i = 0; i < n; ++i)
        any |= static_cast<std::uint16_t>(ids[i] >= limit);
    return any != 0;
}

void cells(const std::uint16_t* __restrict rows, const std::uint16_t* __restrict columns, std::size_t n,
    std::uint32_t rowLength, std::uint32_t* __restrict cells)
{
    for (std::size_t i = 0; i < n; ++i)
        cells[i] = rows[i] * rowLength + columns[i];
}

/// BitKernels::touched for sets of any number of words.
std::uint64_t touchedOfWords(const std::uint64_t* sets, std::size_t n, unsigned words, const std::uint64_t* masks,
    std::size_t m)
{
    std::uint64_t count = 0;
    for (std::size_t t = 0; t < n; ++t, sets += words) {
        for (std::size_t i = 0; i < m; ++i) {
            std::uint64_t shared = 0;
            for (unsigned w = 0; w < words; ++w)
                shared |= sets[w] & masks[i * words + w];
            count += shared != 0;
        }
    }
    return count;
}

}
}
