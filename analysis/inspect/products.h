// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

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

}
