// SPDX-License-Identifier: GPL-3.0-or-later
//
// What if, expert by expert: what one cache of one size does with each of them, and token by token at one router.
#pragma once

#include "analysis/simulation/residency.h"
#include "analysis/simulation/simulate.h"
#include "analysis/study/study.h"
#include "analysis/what_if/serving.h"

namespace expertscope {

/// One policy and size.
struct CacheResidency
{
    simulation::PolicyRequest policy;
    std::uint32_t capacity = 0; ///< slots of a pool
    std::vector<simulation::PoolResidency> pools;
};

/// Error: experts one by one are told of one policy at a time, that goes event by event, atomic and forced, from an empty
/// cache; else why not.
Expected<void> checkResidency(
    const std::vector<simulation::PolicyRequest>& policies, const simulation::Contract& contract);

/// Of what checkResidency() lets pass. Errors: more than one capacity; kCancelled.
Expected<CacheResidency> simulateResidency(const simulation::EventSet& events, const simulation::Contract& contract,
    const std::vector<simulation::PolicyRequest>& policies, const std::vector<std::uint32_t>& capacities,
    unsigned threads, const std::function<bool(double)>& progress);

/// Of each expert of each site "cache.residency" (share of steps after which it is resident), "cache.expert_hit_rate",
/// "cache.loads" and "cache.stay" (steps that a load stays, on average). uniform: every expert alike.
std::vector<ResultRow> residencyRows(const simulation::EventSet& events, const CacheResidency& residency,
    const std::map<std::string, ParameterValue>& params);

/// Tokens of a sequence at one site, an event each.
struct CacheStory
{
    std::uint32_t capacity = 0, experts = 0;
    std::uint32_t first = 0; ///< of the tokens asked for: what the scope leaves out before is not served
    std::vector<simulation::Fate> fates; ///< [tokens from `first` on that the scope holds, experts]
    std::string contract; ///< in words
};
struct StoryQuestion
{
    CacheOptions options; ///< one policy and size; the selection is not looked at
    Scope scope; ///< what the cache serves, up to these tokens
    SiteIndex site;
    SequenceIndex sequence;
    std::uint32_t from = 0, count = 0; ///< positions in the sequence
};
/// Errors: those of checkCaches() and simulateResidency(); pools of several sites; none of the tokens is in the scope.
Expected<CacheStory> cacheStory(
    const Study& study, std::size_t trace, const StoryQuestion& question, const Progress& progress);

}
