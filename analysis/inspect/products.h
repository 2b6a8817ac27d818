// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

namespace expertscope::inspect {

/// Inner product of two vectors of one length. Products are exact in double; summed in eight lanes, always the same way.
inline double product(std::span<const float> a, std::span<const float> b)
{
    double lanes[8] = {};
    const std::size_t whole = a.size() / 8 * 8;
    for (std::size_t i = 0; i < whole; i += 8) {
        for (std::size_t l = 0; l < 8; ++l)
            lanes[l] += double(a[i + l]) * double(b[i + l]);
    }
    for (std::size_t i = whole; i < a.size(); ++i)
        lanes[i - whole] += double(a[i]) * double(b[i]);
    return ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]));
}

/// The same of millions of numbers, four times as fast: runs of 512 products are summed in single precision, so that it
/// is off by about 1e-7 of |a| |b|.
inline double longProduct(std::span<const float> a, std::span<const float> b)
{
    constexpr std::size_t kRun = 512, kLanes = 16;
    double sum = 0;
    std::size_t first = 0;
    for (; first + kRun <= a.size(); first += kRun) {
        float lanes[kLanes] = {};
        for (std::size_t i = 0; i < kRun; i += kLanes) {
            for (std::size_t l = 0; l < kLanes; ++l)
                lanes[l] += a[first + i + l] * b[first + i + l];
        }
        for (const float lane : lanes)
            sum += double(lane);
    }
    return sum + product(a.subspan(first), b.subspan(first));
}

}
