// SPDX-License-Identifier: GPL-3.0-or-later
//
// The logits of a trace, sorted for routing anew, and the check that they are what the recorded choices were made by.
#pragma once

#include "analysis/rerouting/rule.h"
#include "analysis/simulation/schedule.h"

namespace expertscope::rerouting {

/// All scheduled tokens at one site. A token whose recorded experts are not those with its largest logits (the router
/// had a bias, groups, a capacity, other arithmetic) or whose logits are not finite cannot be routed anew.
struct ScoredSite
{
    std::uint16_t numExperts = 0;
    std::vector<std::uint16_t> ids; ///< [T, K] as recorded
    std::vector<std::uint16_t> order; ///< [T, E] experts by logit, largest first; ties: as recorded, then lower id
    std::vector<float> logits, probabilities; ///< [T, E] in that order; probabilities sum to 1
    std::vector<double> meanRange; ///< [T] TokenScores::meanRange, in the order of the schedule
    std::vector<std::uint16_t> filled; ///< [T] slots that hold an expert
    enum State : std::uint8_t
    {
        Scored,
        Unlike, ///< not the largest logits
        NotFinite
    };
    std::vector<std::uint8_t> state; ///< [T]
    std::uint64_t routed = 0, unlike = 0, notFinite = 0; ///< tokens with an expert; of these

    std::span<const float> logitsOf(std::uint64_t token) const
    {
        return std::span(logits).subspan(token * numExperts, numExperts);
    }
    TokenScores scoresOf(std::uint64_t token) const
    {
        return {logitsOf(token), std::span(probabilities).subspan(token * numExperts, numExperts), meanRange[token]};
    }
};

/// Bytes a token takes at these sites.
std::uint64_t scoredBytes(const RoutingShape& shape, const std::vector<SiteIndex>& sites);

/// Reads these sites. `selection`: where tokens and threads come from; its sites are not looked at. Errors: no logits
/// in the trace; those of runPass; a site at which more than `tolerance` of the tokens cannot be routed anew.
Expected<std::vector<ScoredSite>> readScoredSites(BlockSource& source, const std::vector<SiteIndex>& sites,
    const PassOptions& selection, const simulation::ScheduledTokens& tokens, const simulation::Schedule& schedule,
    double tolerance);

}
