// SPDX-License-Identifier: GPL-3.0-or-later
//
// Experts that are pinned: a pool is replayed without them, with the slots that they leave; they hit whenever they are
// asked for. So every policy serves them without knowing of them.
#pragma once

#include "analysis/simulation/counters.h"
#include "analysis/simulation/events.h"

namespace expertscope::simulation {

/// A pool without what is pinned in it: its other experts, numbered anew in the same order.
struct PoolRest
{
    EventStream stream;
    std::uint32_t pinned = 0; ///< slots
    std::uint32_t largestEvent = 0; ///< before
    /// [site of the pool] requests for what is pinned and (token, slot) pairs, in steps that are counted.
    std::vector<std::uint64_t> requests, assignments;
};
/// contract.pinned must fit the sites: each expert there is, and is named once.
PoolRest restOf(const EventStream& pool, const Contract& contract);

/// How many of contract.pinned are of this pool.
std::uint32_t pinnedSlots(const EventStream& pool, const Contract& contract);

/// Slots of a pool: the capacity, or what contract.quotas say.
std::uint32_t slotsOf(const EventStream& pool, const Contract& contract, std::uint32_t capacity);

/// What policies with no slot at all count: all misses, each first use of an object (since a flush) compulsory.
std::vector<Counters> countWithoutSlots(const EventStream& stream, const Contract& contract);
/// The misses of the watched events then, as PoolCurve::watched.
std::vector<std::uint16_t> watchWithoutSlots(const EventStream& stream);

/// Counters of the rest become those of the pool.
void addPinned(const PoolRest& rest, std::vector<Counters>& sites);

}
