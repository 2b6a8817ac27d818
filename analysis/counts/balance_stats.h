// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>

namespace expertscope {

/// Balance of one load vector (metrics 6.1). All but the last are taken relative to the mean load.
struct BalanceStats
{
    double maxVio = 0; ///< max c / mean - 1
    double cv = 0; ///< population SD / mean
    double gini = 0;
    double entropy = 0; ///< of c / sum, nats
    double kl = 0; ///< log E - entropy
    double minLoad = 0; ///< min c / mean
    std::uint64_t dead = 0; ///< experts never chosen
};

/// `counts` [E], E >= 1, at least one not 0.
BalanceStats balanceStats(std::span<const std::uint64_t> counts);

}
