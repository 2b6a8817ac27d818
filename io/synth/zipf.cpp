// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/synth/zipf.h"

#include <cmath>

namespace expertscope {

ZipfTable::ZipfTable(std::uint32_t n, double exponent)
    : m_keep(n, ~std::uint64_t(0))
    , m_alias(n)
{
    std::vector<double> share(n); // of a column: 1 is just full
    double sum = 0;
    for (std::uint32_t i = 0; i < n; ++i) {
        share[i] = std::pow(double(i) + 1, -exponent);
        sum += share[i];
        m_alias[i] = i;
    }
    std::vector<std::uint32_t> small, large;
    for (std::uint32_t i = 0; i < n; ++i) {
        share[i] *= n / sum;
        (share[i] < 1 ? small : large).push_back(i);
    }
    while (!small.empty() && !large.empty()) {
        const std::uint32_t poor = small.back(), rich = large.back();
        small.pop_back();
        m_keep[poor] = static_cast<std::uint64_t>(share[poor] * 0x1p64);
        m_alias[poor] = rich;
        share[rich] -= 1 - share[poor];
        if (share[rich] < 1) {
            large.pop_back();
            small.push_back(rich);
        }
    }
}

}
