// SPDX-License-Identifier: GPL-3.0-or-later
//
// `simulate cache --quotas`: the same slots in all, divided among the pools so that fewest requests miss.
#pragma once

#include "analysis/simulation/simulate.h"
#include "analysis/simulation/quotas.h"
#include "analysis/spine/result.h"

namespace expertscope {

/// Of one policy: a division for each capacity asked for.
struct QuotaCurve
{
    simulation::PolicyRequest policy;
    std::vector<simulation::Quotas> best; ///< [capacity] of capacity x pools slots
    std::uint64_t requests = 0;
};

/// Replays all capacities from 1 to the largest pool, whatever `capacities` (slots of a pool, on average) are. Errors:
/// those of simulateCaches; fewer than two pools.
Expected<std::vector<QuotaCurve>> simulateQuotas(const simulation::EventSet& events,
    const simulation::Contract& contract, const std::vector<simulation::PolicyRequest>& policies,
    const std::vector<std::uint32_t>& capacities, unsigned threads, const std::function<bool(double)>& progress);

/// cache.quota (slots of each pool, under its first site) and cache.quota_hit_rate, for each policy and capacity.
std::vector<ResultRow> quotaRows(const simulation::EventSet& events, const std::vector<QuotaCurve>& curves,
    const std::vector<std::uint32_t>& capacities, const std::map<std::string, ParameterValue>& params);

}
