// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/simulation/many_sizes/sizes_recorder.h"

#include <algorithm>

namespace expertscope::simulation {

SizesRecorder::SizesRecorder(
    const EventStream& stream, const Contract& contract, std::span<const std::uint32_t> capacities)
    : m_stream(stream)
    , m_capacities(capacities.begin(), capacities.end())
    , m_numSizes(capacities.size())
    , m_numSites(stream.sites.size())
    , m_width(stream.largestEvent + std::size_t(1))
    , m_flush(contract.flushBetweenSequences)
    , m_free(contract.coldStart == ColdStart::FirstFree)
    , m_weighs(!stream.multiplicities.empty())
    , m_firstCounted(std::uint64_t(contract.warmUpSteps) * stream.sites.size())
    , m_watch(stream)
    , m_watched(m_numSizes)
    , m_missingOf(m_weighs ? stream.numObjects() : 0)
    , m_loads(m_numSizes)
    , m_held(m_numSizes)
    , m_seen(stream.numObjects())
    , m_misses(m_numSites * m_numSizes * m_width)
    , m_assignmentHits(m_numSites * m_numSizes)
    , m_compulsory(m_numSites * m_numSizes)
    , m_freeLoads(m_numSites * m_numSizes)
    , m_filled(m_numSites * m_numSizes)
    , m_eventSizes(m_numSites * m_width)
    , m_assignments(m_numSites)
    , m_filling(simulation::allSizes(m_numSizes))
{
}

bool SizesRecorder::begin(std::uint64_t event)
{
    m_event = event;
    if (!m_flush || m_nextStart >= m_stream.sequenceStarts.size() || m_stream.sequenceStarts[m_nextStart] != event)
        return false;
    ++m_nextStart;
    ++m_epoch;
    m_distinct = 0;
    std::ranges::fill(m_held, 0u);
    m_filling = simulation::allSizes(m_numSizes);
    return event > 0;
}

void SizesRecorder::fill(std::size_t site, bool counts)
{
    forEachSize(m_filling, [&](std::size_t s) {
        const std::uint32_t filled = std::min<std::uint32_t>(m_loads[s], m_capacities[s] - m_held[s]);
        m_held[s] += filled;
        if (counts)
            m_filled[site * m_numSizes + s] += filled;
        if (m_held[s] == m_capacities[s])
            m_filling &= ~sizeBit(s);
    });
}

void SizesRecorder::meet(
    std::size_t site, bool counts, std::span<const std::uint32_t> objects, SizeSet* missing)
{
    for (std::size_t i = 0; i < objects.size(); ++i) {
        if (m_seen[objects[i]] == m_epoch)
            continue;
        m_seen[objects[i]] = m_epoch;
        const std::uint32_t before = m_distinct++; // where there are more slots, one of them is free
        for (std::size_t s = 0; s < m_numSizes; ++s) {
            const bool free = m_free && before < m_capacities[s];
            if (free) {
                if (missing)
                    missing[i] &= ~sizeBit(s);
                --m_loads[s];
            }
            if (counts)
                ++(free ? m_freeLoads : m_compulsory)[site * m_numSizes + s];
        }
    }
}

void SizesRecorder::weigh(std::size_t site, std::span<const std::uint32_t> objects, const SizeSet* missing)
{
    std::uint64_t* const hits = m_assignmentHits.data() + site * m_numSizes;
    for (std::size_t i = 0; i < objects.size(); ++i)
        m_missingOf[objects[i]] = missing[i];
    std::uint64_t request = m_stream.firstRequest(m_event);
    for (const std::uint32_t object : m_stream.event(m_event)) {
        const std::uint64_t times = m_stream.multiplicity(request++);
        for (std::size_t s = 0; s < m_numSizes; ++s)
            hits[s] += m_missingOf[object] >> s & 1 ? 0 : times;
    }
}

void SizesRecorder::watch()
{
    m_watch.advance();
    for (std::size_t s = 0; s < m_numSizes; ++s)
        m_watched[s].push_back(m_loads[s]);
}

void SizesRecorder::takeInto(PoolCurve& curve)
{
    for (std::size_t s = 0; s < m_numSizes; ++s) {
        auto& sites = curve.sites.emplace_back(m_numSites);
        for (std::size_t site = 0; site < m_numSites; ++site) {
            Counters& counters = sites[site];
            const std::size_t at = site * m_numSizes + s;
            for (std::size_t size = 0; size < m_width; ++size) {
                const std::uint64_t events = m_eventSizes[site * m_width + size];
                counters.events += events;
                counters.requests += events * size;
                counters.overflows += size > m_capacities[s] ? events : 0;
            }
            std::uint64_t misses = 0;
            counters.missesPerEvent.assign(
                m_misses.begin() + std::ptrdiff_t(at * m_width), m_misses.begin() + std::ptrdiff_t((at + 1) * m_width));
            for (std::size_t j = 0; j < m_width; ++j)
                misses += j * counters.missesPerEvent[j];
            counters.assignments = m_stream.assignments.empty() ? counters.requests : m_assignments[site];
            counters.hits = counters.requests - misses;
            counters.assignmentHits = m_weighs ? m_assignmentHits[at] : counters.hits;
            counters.compulsory = m_compulsory[at];
            counters.evictions = misses + m_freeLoads[at] - m_filled[at];
        }
        if (m_watch.count() > 0)
            curve.watched.push_back(std::move(m_watched[s]));
    }
}

}
