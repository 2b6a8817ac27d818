// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/sliding_tokens.h"

namespace expertscope {

bool distinctIds(const std::uint16_t* ids, std::size_t n, std::size_t stride, std::size_t k)
{
    for (std::size_t t = 0; t < n; ++t, ids += stride) {
        unsigned twice = 0;
        for (std::size_t a = 1; a < k; ++a) {
            for (std::size_t b = 0; b < a; ++b)
                twice |= ids[a] == ids[b];
        }
        if (twice)
            return false;
    }
    return true;
}

}
