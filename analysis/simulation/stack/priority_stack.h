// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/simulation/kernels/stack_kernels.h"
#include "analysis/simulation/stack/priority_replay.h"

#include <algorithm>
#include <cstring>

namespace expertscope::simulation {

/// Owns what StackState points to.
class PriorityStack
{
public:
    PriorityStack(std::uint32_t numObjects, std::uint32_t depth, std::uint32_t largestUnit)
        : m_numObjects(numObjects)
        , m_bytes(numObjects <= 256 ? 1 : numObjects <= 65536 ? 2 : 4)
        , m_entries((std::size_t(depth) + 63) / 64 * 64 * m_bytes)
        , m_reserve(largestUnit + 1)
        , m_holes(largestUnit + 1)
        , m_positions(largestUnit + 1)
        , m_kept(2 * std::size_t(largestUnit) + 2)
    {
        m_state = {m_entries.data(), m_bytes, depth, 0, m_reserve.data(), nullptr, m_holes.data()};
    }
    PriorityStack(const PriorityStack&) = delete;
    PriorityStack& operator=(const PriorityStack&) = delete;
    void clear() { m_state.used = 0; }

    /// See StackEvent; positions() and kept() hold its results until the next call.
    StackOutcome step(const Moves& moves, std::uint32_t size, std::uint32_t firsts, bool bypass)
    {
        if (moves.from.empty())
            return {0, 0};
        if (m_thresholds.size() < moves.from.size())
            m_thresholds.resize(moves.from.size());
        m_state.thresholds = m_thresholds.data();
        return m_kernels.step(m_state,
            {moves.from.data(), moves.to.data(), static_cast<std::uint32_t>(moves.from.size()), size, firsts,
                moves.membersLead, bypass, m_positions.data(), m_kept.data()});
    }
    /// step() that also says which members were found: members()[j] is at positions()[j].
    StackOutcome stepWithMembers(const Moves& moves, std::uint32_t size, std::uint32_t firsts, bool bypass)
    {
        const std::vector<std::uint8_t> before = m_entries;
        const StackOutcome outcome = step(moves, size, firsts, bypass);
        m_memberAt.resize(m_numObjects);
        for (std::uint32_t i = 0; i < size; ++i)
            m_memberAt[moves.from[i]] = i;
        m_members.resize(size);
        for (std::uint32_t j = 0; j < outcome.found; ++j) {
            std::uint32_t rank = 0;
            std::memcpy(&rank, before.data() + std::size_t(m_positions[j] - 1) * m_bytes, m_bytes); // little-endian
            m_members[j] = m_memberAt[rank];
        }
        return outcome;
    }
    /// The one object of a unit, which is not in the stack, goes on top, whatever its rank.
    void push(const Moves& moves)
    {
        std::vector<std::uint32_t> after(m_numObjects, UINT32_MAX); // [rank before]
        std::vector<std::uint8_t> taken(m_numObjects);
        for (std::size_t i = 0; i < moves.from.size(); ++i) {
            after[moves.from[i]] = moves.to[i];
            taken[moves.to[i]] = 1;
        }
        for (std::uint32_t rank = 0, next = 0; rank < m_numObjects; ++rank) {
            if (after[rank] != UINT32_MAX)
                continue;
            while (taken[next])
                ++next;
            after[rank] = next++;
        }
        m_state.used = std::min(m_state.used + 1, m_state.depth);
        for (std::uint32_t place = m_state.used; --place > 0;)
            setEntry(place, after[entry(place - 1)]);
        setEntry(0, moves.to.front());
    }
    const std::vector<std::uint32_t>& members() const { return m_members; }
    StackState& state() { return m_state; }
    std::uint32_t depth() const { return m_state.depth; }
    const std::uint32_t* positions() const { return m_positions.data(); }
    const std::uint32_t* kept() const { return m_kept.data(); }

private:
    // Little-endian.
    std::uint32_t entry(std::uint32_t place) const
    {
        std::uint32_t rank = 0;
        std::memcpy(&rank, m_entries.data() + std::size_t(place) * m_bytes, m_bytes);
        return rank;
    }
    void setEntry(std::uint32_t place, std::uint32_t rank)
    {
        std::memcpy(m_entries.data() + std::size_t(place) * m_bytes, &rank, m_bytes);
    }

    const StackKernels& m_kernels = stackKernels();
    const std::uint32_t m_numObjects, m_bytes;
    std::vector<std::uint8_t> m_entries;
    std::vector<std::uint64_t> m_reserve;
    std::vector<std::uint32_t> m_holes, m_positions, m_kept, m_thresholds;
    std::vector<std::uint32_t> m_memberAt, m_members;
    StackState m_state;
};

}
