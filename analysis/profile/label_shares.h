// SPDX-License-Identifier: GPL-3.0-or-later
//
// How much of some tokens falls to each value of each label, against all tokens.
#pragma once

#include "io/trace/routing.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace expertscope {

struct LabelShare
{
    std::string label, value;
    std::uint64_t of = 0; ///< tokens with the value among all
    std::uint64_t some = 0; ///< among those looked at
    double share = 0; ///< some / all those looked at
    double shareOfAll = 0; ///< of / all tokens
    std::optional<double> lift = {}; ///< share / shareOfAll = P(looked at | value) / P(looked at); none: nothing is looked at
    /// How far P(looked at | value) lies above P(looked at | any other value, or none), in standard deviations of that
    /// difference over sequences: those of a sequence count as one observation, as its tokens are not independent.
    /// None: fewer than two sequences on either side, or no scatter.
    std::optional<double> z = {};
};

/// Values that no token has are left out. `all`, `some`: [S] tokens of each sequence.
std::vector<LabelShare> labelShares(
    const RoutingShape& shape, std::span<const std::uint32_t> all, std::span<const std::uint32_t> some);

/// Those of one label, the largest lift first.
std::vector<const LabelShare*> sharesByLift(const std::vector<LabelShare>& shares, const std::string& label);

}
