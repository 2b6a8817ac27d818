// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/study/study.h"

namespace expertscope {

/// Next-token loss of some tokens, in nats; the last token of a sequence has none.
struct LossStats
{
    std::uint64_t n = 0; ///< tokens with a loss
    double mean = 0, least = 0, most = 0; ///< of n > 0
    /// 95 % of the mean, by its linearised deviation over sequences; none: fewer than two have such tokens.
    std::optional<std::pair<double, double>> interval;
};

/// Of each of several sets of tokens, in one reading. Null: the trace does not record losses. Errors: of reading,
/// kCancelled.
Expected<std::optional<std::vector<LossStats>>> lossOf(
    const NamedTrace& trace, const std::vector<const TokenSet*>& sets, const Progress& progress);

}
