// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/simulation/events.h"
#include "analysis/simulation/kernels/stack_kernels.h"

namespace expertscope::simulation {

/// What a stack policy replays: the events of a stream (atomic), or its requests one by one in the contract's order
/// (sequential).
struct Units
{
    Units(const EventStream& stream, const Contract& contract);
    Units(const Units&) = delete;
    Units& operator=(const Units&) = delete;

    const EventStream& stream;
    bool single = false; ///< each request is a unit
    std::span<const std::uint32_t> objects; ///< as served
    std::span<const std::uint32_t> multiplicities; ///< of these; empty: 1 each
    std::uint64_t firstObject(std::uint64_t event) const { return stream.firstRequest(event); }

private:
    std::vector<std::uint32_t> m_reordered, m_multiplicities;
};

/// The ranks of objects in the order of last use: 0 for the most recent (of an event the first). Objects that were never
/// used come last, in some order.
class RecencyRanks
{
public:
    explicit RecencyRanks(std::uint32_t numObjects);
    RecencyRanks(const RecencyRanks&) = delete;
    RecencyRanks& operator=(const RecencyRanks&) = delete;

    /// All ranks now, by object.
    std::vector<std::uint32_t> all() const;
    /// For the objects of `count` events from `first` on: their ranks before their unit. At `ranks` there is room for
    /// kMostCounted more.
    void of(const Units& units, std::uint64_t first, std::uint64_t count, bool backwards, std::uint32_t* ranks);

private:
    bool isByRank() const { return m_kernels.fewByRank && m_slotOf.size() <= 64; }

    const StackKernels& m_kernels = stackKernels();
    std::vector<std::uint64_t> m_taken;
    std::vector<std::uint32_t> m_slotOf, m_objectAt, m_inBlock, m_behind;
    std::vector<std::uint8_t> m_byRank;
    RecencyState m_state;
};

}
