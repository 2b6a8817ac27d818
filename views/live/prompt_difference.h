// SPDX-License-Identifier: GPL-3.0-or-later
//
// What changed from one prompt to another: tokens that correspond, and where their experts are others.
#pragma once

#include "io/serve/serve_reply.h"

namespace expertscope {

/// Pairs (index in `before`, index in `after`) of a longest common subsequence, ascending. What both begin and end with
/// is always paired; where more than kAlignedCells pairs of the rest would have to be looked at, the rest is not paired.
inline constexpr std::size_t kAlignedCells = 16u << 20;
std::vector<std::pair<std::uint32_t, std::uint32_t>> alignTokens(
    std::span<const std::int32_t> before, std::span<const std::int32_t> after, std::size_t mostCells = kAlignedCells);

struct PromptDifference
{
    struct Token
    {
        std::optional<std::uint32_t> before; ///< the token of the other prompt that it corresponds to
        std::uint32_t sitesChanged = 0; ///< where its set of experts is another
    };
    std::vector<Token> tokens; ///< of the prompt after
    std::uint32_t added = 0, removed = 0; ///< tokens without a counterpart
    std::uint32_t kept = 0; ///< with one
    std::uint32_t keptChanged = 0; ///< of these: with another set somewhere
    std::vector<std::uint32_t> changedAtSite; ///< [M] kept tokens whose set is another there
};

/// Are these the same experts, in whatever order?
bool sameExperts(std::span<const std::uint16_t> a, std::span<const std::uint16_t> b);

/// Both of one model; nothing corresponds where the sites are not as many.
PromptDifference differenceOf(const ServedRouting& before, const ServedRouting& after);

}
