// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/counts/balance_stats.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace expertscope {

BalanceStats balanceStats(std::span<const std::uint64_t> counts)
{
    std::vector<std::uint64_t> sorted(counts.begin(), counts.end());
    std::sort(sorted.begin(), sorted.end());
    const double E = double(sorted.size());
    const double total = double(std::accumulate(sorted.begin(), sorted.end(), std::uint64_t(0)));
    const double mean = total / E;

    BalanceStats stats;
    double squares = 0, ranked = 0;
    for (std::size_t i = 0; i < sorted.size(); ++i) {
        const double c = double(sorted[i]);
        squares += (c - mean) * (c - mean);
        ranked += (2.0 * double(i + 1) - E - 1) * c;
        if (sorted[i] == 0)
            ++stats.dead;
        else
            stats.entropy -= c / total * std::log(c / total);
    }
    stats.maxVio = double(sorted.back()) / mean - 1;
    stats.minLoad = double(sorted.front()) / mean;
    stats.cv = std::sqrt(squares / E) / mean;
    stats.gini = ranked / (E * total);
    stats.kl = std::max(0.0, std::log(E) - stats.entropy);
    return stats;
}

}
