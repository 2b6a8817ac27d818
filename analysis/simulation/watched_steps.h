// SPDX-License-Identifier: GPL-3.0-or-later
//
// Steps whose misses are kept event by event. Counters are sums over all steps, by site; how long the slowest steps
// take depends on which misses of different sites fall into one step, so for the distribution of whole steps some (or
// all) are watched.
#pragma once

#include "analysis/simulation/events.h"

namespace expertscope::simulation {

/// Chooses the steps that the replays of `events` watch: all that are counted, if they are at most `most`; else `most`
/// of them, one at a random place in each of as many equal parts of the run (so that no rhythm of the trace can hide).
/// Deterministic in `seed`.
void watchSteps(EventSet& events, const Contract& contract, std::uint64_t most, std::uint64_t seed = 1);

/// Walks through the watched events of a stream: those of all its sites in the watched steps.
class WatchedEvents
{
public:
    explicit WatchedEvents(const EventStream& stream)
        : m_stream(stream)
    {
        find();
    }
    /// The event to be watched next; UINT64_MAX: none.
    std::uint64_t next() const { return m_next; }
    /// Its place among all watched events.
    std::size_t place() const { return m_place; }
    void advance()
    {
        ++m_place;
        find();
    }
    std::size_t count() const { return m_stream.watchedSteps.size() * m_stream.sites.size(); }

private:
    void find()
    {
        const std::size_t sites = m_stream.sites.size();
        m_next = m_place < count() ? m_stream.watchedSteps[m_place / sites] * sites + m_place % sites : UINT64_MAX;
    }

    const EventStream& m_stream;
    std::uint64_t m_next = UINT64_MAX;
    std::size_t m_place = 0;
};

}
