// SPDX-License-Identifier: GPL-3.0-or-later
//
// A replacement policy as the registry knows it. Two kinds: those that replay all capacities at once (stack policies),
// and those that replay one capacity after the other; to their users they look the same.
#pragma once

#include "analysis/parameters.h"
#include "analysis/simulation/counters.h"
#include "analysis/simulation/events.h"

#include <functional>
#include <memory>

namespace expertscope::simulation {

class Policy
{
public:
    virtual ~Policy() = default;
    /// Replays the stream for these capacities (ascending, each at least 1; above the universe's size they count as
    /// it). Deterministic in contract.seed. Memory beside the result: O(objects), O(events) where the future is used.
    virtual PoolCurve replay(
        const EventStream& stream, const Contract& contract, std::span<const std::uint32_t> capacities) const = 0;
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
    std::vector<ParameterSpec> params = {};
    std::function<std::unique_ptr<Policy>(const Parameters&)> make;
};

/// All policies; one line each in registry.cpp.
const std::vector<PolicySpec>& policyRegistry();

/// Error: no such policy, parameter, or a contract that it cannot serve.
struct PolicyRequest
{
    std::string name;
    std::map<std::string, std::string> params = {};
};

/// One policy over all pools of a set, pools in parallel. `capacities`: of each pool, in slots.
struct PolicyResult
{
    PolicyRequest request;
    std::vector<PoolCurve> pools;
};
Expected<std::vector<PolicyResult>> simulateCaches(const EventSet& events, const Contract& contract,
    const std::vector<PolicyRequest>& policies, const std::vector<std::uint32_t>& capacities, unsigned threads,
    const std::function<bool(double)>& progress = {});

}
