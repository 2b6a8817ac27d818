// SPDX-License-Identifier: GPL-3.0-or-later
//
// A replacement policy as the registry knows it. Two kinds: those that replay all capacities at once (stack policies),
// and those that replay one capacity after the other; to their users they look the same.
#pragma once

#include "analysis/simulation/counters.h"
#include "analysis/simulation/events.h"
#include "analysis/simulation/one_size/stepped_cache.h"
#include "analysis/spine/parameters.h"

#include <functional>
#include <memory>
#include <stop_token>

namespace expertscope::simulation {

/// What happens in an event (simulation.md 2.3), S the objects asked for, C the residents, c the capacity:
///   atomic      misses = S \ C, judged at the event's start. |S| <= c, forced: all of S is resident afterwards, the
///               victims come from C \ S. Bypass, or |S| > c (an overflow): the residents afterwards are the best c of
///               C u S by the policy's key. Among equals of the event the stronger router rank is the more recent.
///   sequential  one after the other (ServingOrder), each an event of one object.
class Policy
{
public:
    virtual ~Policy() = default;
    /// Replays the stream for these capacities (ascending, each at least 1; above the universe's size they count as
    /// it). Deterministic in contract.seed, whatever other capacities are asked for with one. Memory beside the result:
    /// O(objects), O(requests) where the future is used. Once `stop` is requested the result is of no interest; to be
    /// looked at every few thousand events.
    virtual PoolCurve replay(const EventStream& stream, const Contract& contract,
        std::span<const std::uint32_t> capacities, const std::stop_token& stop) const = 0;
};

/// A replay of one capacity, event by event: for a router that looks at what is resident before it chooses. The stream
/// may grow meanwhile: event i has to be there from serve(i) on.
class SteppedReplay
{
public:
    virtual ~SteppedReplay() = default;
    /// Events come in order, from 0 on. Empties the cache where the contract says so.
    virtual void begin(std::uint64_t event) = 0;
    virtual bool holds(std::uint32_t object) const = 0;
    virtual void serve(std::uint64_t event) = 0;
    /// [site of the pool]; once, at the end.
    virtual std::vector<Counters> take() = 0;
};

struct PolicySpec
{
    std::string name; ///< "lru", "opt"
    std::string definition; ///< one line
    std::string source; ///< paper or program
    bool allSizes = false; ///< one replay gives every capacity
    bool knowsFuture = false; ///< a bound, not a policy that could run
    /// Which contracts it can serve, beyond Atomic + Forced, which all can.
    bool sequential = true, bypass = false;
    bool residentFirst = false; ///< sequential in that order, which depends on the capacity
    std::vector<ParameterSpec> params = {};
    std::function<std::unique_ptr<Policy>(const Parameters&)> make;
    std::size_t capacitiesATask = 0; ///< replay() is called with so many at most, on several threads; 0: with all
    /// A cache of this policy and one capacity (1 .. objects), to be stepped through the events of the stream; empty:
    /// there is none here (analysis/prefetch has those of stack policies).
    std::function<std::unique_ptr<SteppedCache>(
        const Parameters&, const EventStream& stream, std::uint32_t capacity, const Contract&)>
        makeCache = {};
    /// None: the policy cannot go event by event. What is referred to has to outlive the replay; the stream's
    /// largestEvent is to be an upper bound from the start, and its multiplicities not empty if there may be some.
    std::function<std::unique_ptr<SteppedReplay>(
        const Parameters&, const EventStream&, const Contract&, std::uint32_t capacity)>
        makeStepped = {};
};

}
