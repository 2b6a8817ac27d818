// SPDX-License-Identifier: GPL-3.0-or-later
//
// Counts the outcome of events for one capacity, and knows what the contract says beside the policy: when the cache is
// emptied, which misses are free, which steps do not count. What every one-size replay shares.
//
//     Recorder recorder(stream, contract, capacity);
//     for (std::uint64_t i = 0; i < stream.numEvents; ++i) {
//         if (recorder.begin(i))
//             cache.clear();
//         ... recorder.miss(object) for each object that is not resident (atomic: at the event's start) ...
//         recorder.end(evictions);
//     }
//     recorder.takeInto(curve);
#pragma once

#include "analysis/simulation/counters.h"
#include "analysis/simulation/events.h"
#include "analysis/simulation/watched_steps.h"

namespace expertscope::simulation {

class Recorder
{
public:
    Recorder(const EventStream& stream, const Contract& contract, std::uint32_t capacity)
        : m_stream(stream)
        , m_capacity(capacity)
        , m_flush(contract.flushBetweenSequences)
        , m_free(contract.coldStart == ColdStart::FirstFree ? capacity : 0)
        , m_firstCounted(std::uint64_t(contract.warmUpSteps) * stream.sites.size())
        , m_weighs(!stream.multiplicities.empty())
        , m_sites(stream.sites.size())
        , m_seen(stream.numObjects())
        , m_missed(m_weighs ? stream.numObjects() : 0)
    {
        for (Counters& site : m_sites)
            site.missesPerEvent.resize(stream.largestEvent + 1);
    }

    /// Events must come in order, from 0 on. True: the cache has to be emptied before this one.
    bool begin(std::uint64_t i)
    {
        m_event = i;
        m_misses = m_compulsory = 0;
        if (m_flush && m_nextStart < m_stream.sequenceStarts.size() && m_stream.sequenceStarts[m_nextStart] == i) {
            ++m_nextStart;
            ++m_epoch;
            m_distinct = 0;
            return i > 0;
        }
        return false;
    }

    /// An object of the event was not resident. Once an object and event.
    void miss(std::uint32_t object)
    {
        if (m_seen[object] != m_epoch) { // never asked for before
            m_seen[object] = m_epoch;
            if (m_distinct++ < m_free)
                return;
            ++m_compulsory;
        }
        ++m_misses;
        if (m_weighs)
            m_missed[object] = m_event + 1;
    }

    /// As miss() of each.
    void misses(const std::uint32_t* objects, std::size_t count)
    {
        if (m_distinct == m_seen.size() && !m_weighs) { // nobody is new
            m_misses += static_cast<std::uint32_t>(count);
            return;
        }
        for (std::size_t i = 0; i < count; ++i)
            miss(objects[i]);
    }

    /// As miss() of so many objects that were asked for before. Not where hits do not all count once.
    void missesOfKnown(std::uint32_t count) { m_misses += count; }

    /// Events in a row, of each the number of misses, all of objects that were asked for before and all with an
    /// eviction. Not where hits do not all count once.
    void eventsOfKnown(std::uint64_t first, const std::uint8_t* misses, std::size_t count)
    {
        const std::uint64_t end = first + count;
        if (m_sites.size() > 1 || m_stream.fixedSize == 0 || !m_stream.assignments.empty() || m_watch.next() < end
            || first < m_firstCounted) {
            for (std::uint64_t i = first; i < end; ++i) {
                begin(i);
                m_misses = misses[i - first];
                this->end(m_misses);
            }
            return;
        }
        Counters& counters = m_sites[0];
        std::uint64_t sum = 0;
        for (std::size_t n = 0; n < count; ++n) {
            ++counters.missesPerEvent[misses[n]];
            sum += misses[n];
        }
        const std::uint64_t requests = count * m_stream.fixedSize;
        counters.events += count;
        counters.requests += requests;
        counters.assignments += requests;
        counters.hits += requests - sum;
        counters.evictions += sum;
        counters.overflows += m_stream.fixedSize > m_capacity ? count : 0;
    }

    /// `evictions`: objects that were resident and are so no more, whatever room was made by a flush.
    void end(std::uint32_t evictions) { end(evictions, m_stream.event(m_event).size()); }
    /// `objects`: how many the event has.
    void end(std::uint32_t evictions, std::size_t objects)
    {
        const std::size_t site = m_site;
        m_site = m_site + 1 == m_sites.size() ? 0 : m_site + 1;
        if (m_event < m_firstCounted)
            return;
        const auto size = static_cast<std::uint32_t>(objects);
        Counters& counters = m_sites[site];
        for (std::uint32_t r = 0; m_weighs && r < size; ++r) {
            if (m_missed[m_stream.event(m_event)[r]] != m_event + 1)
                counters.assignmentHits += m_stream.multiplicity(m_stream.firstRequest(m_event) + r);
        }
        ++counters.events;
        counters.requests += size;
        counters.assignments += m_stream.assignments.empty() ? size : m_stream.assignments[m_event];
        counters.hits += size - m_misses;
        counters.compulsory += m_compulsory;
        counters.evictions += evictions;
        counters.overflows += size > m_capacity;
        ++counters.missesPerEvent[m_misses];
        if (m_event == m_watch.next()) {
            m_watch.advance();
            m_watched.push_back(static_cast<std::uint16_t>(m_misses));
        }
    }

    std::vector<Counters> take()
    {
        for (Counters& site : m_sites)
            site.assignmentHits = m_weighs ? site.assignmentHits : site.hits;
        return std::move(m_sites);
    }
    /// Adds this capacity to the curve.
    void takeInto(PoolCurve& curve)
    {
        curve.sites.push_back(take());
        if (m_watch.count() > 0)
            curve.watched.push_back(std::move(m_watched));
    }

private:
    const EventStream& m_stream;
    const std::uint32_t m_capacity;
    const bool m_flush;
    const std::uint32_t m_free;
    const std::uint64_t m_firstCounted;
    const bool m_weighs; ///< hits do not all count once
    std::vector<Counters> m_sites;
    WatchedEvents m_watch{m_stream};
    std::vector<std::uint16_t> m_watched;
    std::vector<std::uint32_t> m_seen; ///< the epoch (flushes so far, + 1) in which an object was last new
    std::vector<std::uint64_t> m_missed; ///< [object] event of its last miss, + 1; empty unless m_weighs
    std::uint64_t m_event = 0, m_nextStart = 0;
    std::size_t m_site = 0;
    std::uint32_t m_epoch = 1, m_distinct = 0, m_misses = 0, m_compulsory = 0;
};

}
