// SPDX-License-Identifier: GPL-3.0-or-later
//
// Counts the outcome of events for one capacity: what every one-size replay shares.
#pragma once

#include "analysis/simulation/counters.h"
#include "analysis/simulation/events.h"

namespace expertscope::simulation {

class Recorder
{
public:
    Recorder(const EventStream& stream, const Contract& contract)
        : m_stream(stream)
        , m_skipEvents(contract.warmUpSteps * stream.sites.size())
        , m_sites(stream.sites.size())
        , m_seen(stream.numObjects())
    {
        for (Counters& site : m_sites)
            site.missesPerEvent.resize(stream.largestEvent + 1);
    }

    /// Whether the object was never asked for before; to be called for each object of each event, once.
    bool firstTime(std::uint32_t object)
    {
        const bool first = !m_seen[object];
        m_seen[object] = 1;
        return first;
    }

    void event(std::uint64_t i, std::uint32_t hits, std::uint32_t compulsory, std::uint32_t evictions, bool overflow)
    {
        if (i < m_skipEvents)
            return;
        const auto size = static_cast<std::uint32_t>(m_stream.event(i).size());
        Counters& site = m_sites[m_stream.siteOfEvent(i)];
        ++site.events;
        site.requests += size;
        site.assignments += m_stream.assignments.empty() ? size : m_stream.assignments[i];
        site.hits += hits;
        site.compulsory += compulsory;
        site.evictions += evictions;
        site.overflows += overflow;
        ++site.missesPerEvent[size - hits];
    }

    std::vector<Counters> take() { return std::move(m_sites); }

private:
    const EventStream& m_stream;
    const std::uint64_t m_skipEvents;
    std::vector<Counters> m_sites;
    std::vector<std::uint8_t> m_seen;
};

}
