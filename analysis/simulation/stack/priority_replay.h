// SPDX-License-Identifier: GPL-3.0-or-later
//
// All capacities in one replay for any policy that evicts by a priority which does not depend on the capacity.
#pragma once

#include "analysis/simulation/policy.h"
#include "analysis/simulation/stack/recency_ranks.h"

namespace expertscope::simulation {

/// How the priorities change in one unit (event, or request if sequential). Ranks: 0 is the object to keep longest; all
/// objects of the universe have one, asked for or not.
struct Moves
{
    std::vector<std::uint32_t> from, to; ///< ranks before and after; first those of the unit's members, in order
    bool membersLead = false; ///< from = 0, 1, …, and nobody else moves
};

class Ranker
{
public:
    virtual ~Ranker() = default;
    /// Called once a unit, in order. `first`: place of its members in units.objects.
    virtual void next(std::uint64_t event, std::uint64_t first, std::span<const std::uint32_t> members, Moves& moves) = 0;
    /// If all units move only their members and these lead, and ranks fit a byte: where the members go, [requests].
    virtual const std::uint8_t* leading() const { return nullptr; }
    /// The ranks before the first unit: [U], by object.
    virtual std::vector<std::uint32_t> initialRanks() const = 0;
};

/// `make` is called for each replay that it takes: capacities below the size of some events go by a rule of their own.
PoolCurve replayByPriority(const EventStream& stream, const Contract& contract,
    std::span<const std::uint32_t> capacities, const std::stop_token& stop,
    const std::function<std::unique_ptr<Ranker>(const Units&)>& make);

}
