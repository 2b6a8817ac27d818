// SPDX-License-Identifier: GPL-3.0-or-later
//
// What if the router knew what is resident: the cache is replayed, and at each event the tokens choose anew by a rule
// (rule.h) that sees the residents at the event's start. So the choices depend on the cache, and the cache on the
// choices. Only routing changes: logits stay those of the trace, though other choices would have changed the hidden
// states that later sites and tokens see.
#pragma once

#include "analysis/rerouting/registry.h"
#include "analysis/simulation/simulate.h"

#include <optional>

namespace expertscope::rerouting {

/// What became of the choices at one site. Plain sums.
struct ChoiceCounters
{
    std::uint64_t tokens = 0; ///< that fill a slot
    std::uint64_t left = 0; ///< of these: as recorded, because their logits do not explain the recorded choices
    std::uint64_t choices = 0; ///< (token, slot) pairs
    std::uint64_t changed = 0; ///< of these: experts that are not among the token's recorded ones
    double dropped = 0; ///< probability of recorded experts that are not chosen, summed over tokens
    double added = 0; ///< probability of those that are chosen instead: never more than `dropped`
    ChoiceCounters& operator+=(const ChoiceCounters& other);
    bool operator==(const ChoiceCounters&) const = default;
};

/// One policy and one strength of the rule over all pools.
struct ReroutedCache
{
    std::optional<double> strength; ///< none: as recorded
    simulation::PolicyResult cache;
    std::vector<std::vector<std::vector<ChoiceCounters>>> choices; ///< [pool][capacity][site of the pool]
};

struct Rerouting
{
    std::vector<std::vector<SiteIndex>> pools; ///< their sites
    std::uint64_t steps = 0, tokens = 0;
    std::uint64_t countedTokens = 0; ///< of steps that are not warm-up
    bool truncated = false;
    std::vector<ReroutedCache> results; ///< policy by policy; of each as recorded first, then by the strengths in order
};

struct RerouteOptions
{
    std::vector<simulation::PolicyRequest> policies;
    std::vector<std::uint32_t> capacities; ///< ascending, from 1 on; above a pool's size they count as it
    RerouteRequest rule;
    unsigned threads = 0; ///< 0: all cores
    std::function<bool(double)> progress = {}; ///< false cancels
    /// Of sorted logits, one pool at a time: of a larger selection the leading tokens are taken.
    std::uint64_t mostBytes = std::uint64_t(2) << 30;
};

/// Whether the policy can go event by event under this contract. Errors: why not.
Expected<void> canReroute(const simulation::PolicyRequest& policy, const simulation::Contract& contract);

/// `keep` counts as k where k is smaller. Tokens of one step see the same residents. Deterministic, whatever `threads`.
/// Errors: no logits; a router that goes by more than its logits (readScoredSites); wrong options; kCancelled.
Expected<Rerouting> simulateRerouting(BlockSource& source, const PassOptions& selection,
    const simulation::StepOptions& steps, const simulation::Contract& contract, const RerouteOptions& options);

}
