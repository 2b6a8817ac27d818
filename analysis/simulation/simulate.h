// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/simulation/registry.h"

#include <functional>
#include <vector>

namespace expertscope::simulation {

/// One policy over all pools of a set.
struct PolicyResult
{
    PolicyRequest request;
    std::vector<PoolCurve> pools;
};

/// `capacities`: of each pool, in slots, those of pinned experts among them; with contract.quotas one, in place of which
/// each pool has its own (0 is possible then), as the result's curves say. Pools and policies run in parallel; results do
/// not depend on `threads` (0: all cores). Errors: no such policy, parameter, or a contract that the policy cannot serve;
/// capacities not ascending from 1 on, or smaller than what is pinned; kCancelled, when `progress` (called often, from
/// the caller's thread) has returned false.
Expected<std::vector<PolicyResult>> simulateCaches(const EventSet& events, const Contract& contract,
    const std::vector<PolicyRequest>& policies, const std::vector<std::uint32_t>& capacities, unsigned threads,
    const std::function<bool(double)>& progress = {});

}
