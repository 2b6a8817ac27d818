// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/counts/sliding_tokens.h"

namespace expertscope {

namespace {

/// Eight numbers that the compiler keeps in one register.
using Eight = std::uint16_t __attribute__((vector_size(16)));

/// Of two rows: a0 b0 a1 b1 …, their first and their second half.
Eight interleaveLow(Eight a, Eight b)
{
    return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}
Eight interleaveHigh(Eight a, Eight b)
{
    return __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}

/// Whether any of eight tokens of eight ids has one twice: turned so that a register holds one slot of all tokens, each
/// pair of slots is one comparison.
bool anyTwice(const std::uint16_t* ids)
{
    Eight slots[8], turned[8];
    std::memcpy(slots, ids, sizeof slots);
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 4; ++i) {
            turned[2 * i] = interleaveLow(slots[i], slots[i + 4]);
            turned[2 * i + 1] = interleaveHigh(slots[i], slots[i + 4]);
        }
        std::memcpy(slots, turned, sizeof slots);
    }
    Eight twice = {};
    for (int a = 1; a < 8; ++a) {
        for (int b = 0; b < a; ++b)
            twice |= static_cast<Eight>(slots[a] == slots[b]);
    }
    std::uint64_t halves[2];
    std::memcpy(halves, &twice, sizeof halves);
    return (halves[0] | halves[1]) != 0;
}

template <std::size_t K> bool anyTwice(const std::uint16_t* ids, std::size_t n, std::size_t stride, std::size_t anyK)
{
    const std::size_t k = K ? K : anyK;
    unsigned twice = 0;
    for (std::size_t t = 0; t < n && !twice; ++t, ids += stride) {
        for (std::size_t a = 1; a < k; ++a) {
            for (std::size_t b = 0; b < a; ++b)
                twice |= ids[a] == ids[b];
        }
    }
    return twice != 0;
}

}

bool distinctIds(const std::uint16_t* ids, std::size_t n, std::size_t stride, std::size_t k)
{
    if (k == 8 && stride == 8) {
        for (; n >= 8; n -= 8, ids += 64) {
            if (anyTwice(ids))
                return false;
        }
    }
    switch (k) {
    case 2:
        return !anyTwice<2>(ids, n, stride, k);
    case 4:
        return !anyTwice<4>(ids, n, stride, k);
    case 6:
        return !anyTwice<6>(ids, n, stride, k);
    case 8:
        return !anyTwice<8>(ids, n, stride, k);
    default:
        return !anyTwice<0>(ids, n, stride, k);
    }
}

}
