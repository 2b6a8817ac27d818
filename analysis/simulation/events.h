// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a cache is asked for: events. An event is one step at one site with the *set* of experts that the step's tokens
// need there (simulation.md 2.3). A step is one token in decoding, b tokens of concurrent requests in batch decoding, or
// a chunk of a prompt.
#pragma once

#include "analysis/simulation/contract.h"
#include "analysis/spine/pass_options.h"

namespace expertscope::simulation {

/// The requests to one pool of slots, in order: step by step, and in each step the pool's sites in order, one event
/// each. Objects are the experts of the pool's sites, numbered site after site.
struct EventStream
{
    std::vector<SiteIndex> sites; ///< [m] of the pool, ascending
    std::vector<std::uint32_t> firstObject; ///< [m + 1] first object of each site; the last one is the universe's size
    std::vector<std::uint16_t> topK; ///< [m]

    /// Distinct objects of event i: objects[ends[i - 1] .. ends[i]), by router rank (batch: first appearance). Where all
    /// events have as many, `ends` is empty and that number is `fixedSize`.
    std::vector<std::uint32_t> objects;
    std::vector<std::uint64_t> ends;
    std::uint32_t fixedSize = 0;
    std::vector<std::uint32_t> assignments; ///< before union, an event; empty: as many as objects
    /// (token, slot) pairs that ask for each of `objects`; those beyond its end, and all if it is empty: 1. Not empty if
    /// `assignments` is not.
    std::vector<std::uint32_t> multiplicities;
    std::vector<std::uint64_t> sequenceStarts; ///< events at which a sequence begins, ascending; only if steps are tokens
    std::uint64_t numEvents = 0;
    std::uint32_t largestEvent = 0; ///< most objects of any event
    std::vector<std::uint64_t> watchedSteps; ///< ascending, none of them warm-up: see PoolCurve::watched

    std::uint32_t numObjects() const { return firstObject.back(); }
    std::uint32_t multiplicity(std::uint64_t request) const
    {
        return request < multiplicities.size() ? multiplicities[request] : 1;
    }
    std::uint64_t firstRequest(std::uint64_t event) const
    {
        return ends.empty() ? event * fixedSize : event ? ends[event - 1] : 0;
    }
    std::size_t siteOfEvent(std::uint64_t event) const { return std::size_t(event % sites.size()); } ///< into `sites`
    std::span<const std::uint32_t> event(std::uint64_t i) const
    {
        if (ends.empty())
            return std::span(objects).subspan(i * fixedSize, fixedSize);
        const std::uint64_t begin = i ? ends[i - 1] : 0;
        return std::span(objects).subspan(begin, ends[i] - begin);
    }
};

/// Leading events of a pool that load `contract.preload`: of one object each, all different, or of none.
inline std::uint64_t preloadEvents(const EventStream& stream, const Contract& contract)
{
    return std::uint64_t(preloadSteps(contract)) * stream.sites.size();
}

/// How tokens become steps.
struct StepOptions
{
    std::uint32_t batch = 1; ///< sequences that decode side by side; a finished one is replaced by the next
    std::uint32_t prefillChunk = 0; ///< > 0: prompts come in chunks of so many tokens, one step each, before decoding
    std::uint64_t seed = 0; ///< > 0: sequences enter in a shuffled order
};

/// The sites that share pools, by contract.scope.
std::vector<std::vector<SiteIndex>> poolsOf(const std::vector<SiteIndex>& sites, const Contract& contract);

/// Reads a selection of a trace into one stream a pool (by contract.scope). Memory: 4 bytes a request, so
/// `mostRequests` bounds it: of a larger selection the leading whole steps are taken and `truncated` says so.
struct EventSet
{
    std::vector<EventStream> pools;
    std::uint64_t steps = 0, tokens = 0, requests = 0; ///< steps and requests that preload are among them
    std::uint32_t preloadSteps = 0; ///< leading ones
    std::uint64_t countedTokens = 0; ///< of steps that are not warm-up
    bool truncated = false;
};
/// Errors: those of runPass; a shard; flushing with a batch or prefill chunks; groups of no sites; a preload list that
/// does not fit the trace, or with flushing.
Expected<EventSet> readEvents(BlockSource& source, const PassOptions& selection, const StepOptions& steps,
    const Contract& contract, std::uint64_t mostRequests = std::uint64_t(1) << 30);

}
