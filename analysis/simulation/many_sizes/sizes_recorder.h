// SPDX-License-Identifier: GPL-3.0-or-later
//
// Counts the outcome of events for several sizes side by side, as Recorder does for one. Sizes hold any event, so nobody
// leaves before the slots are filled, and then one for each that is loaded.
#pragma once

#include "analysis/simulation/counters.h"
#include "analysis/simulation/events.h"
#include "analysis/simulation/many_sizes/size_set.h"
#include "analysis/simulation/watched_steps.h"

#include <span>

namespace expertscope::simulation {

class SizesRecorder
{
public:
    /// At most kMostSizes, each at most the objects.
    SizesRecorder(const EventStream& stream, const Contract& contract, std::span<const std::uint32_t> capacities);

    /// Events must come in order, from 0 on. True: the caches have to be emptied before this one.
    bool begin(std::uint64_t event);
    /// [size] to be counted up by one for each object of the event that is loaded.
    std::uint16_t* loads() { return m_loads.data(); }
    /// `missing`: where each of the event's `objects`, in the order in which they were served, was loaded; null: not
    /// known, of streams without multiplicities.
    void end(std::span<const std::uint32_t> objects, SizeSet* missing)
    {
        const auto size = static_cast<std::uint32_t>(objects.size());
        const std::size_t site = m_site;
        m_site = m_site + 1 == m_numSites ? 0 : m_site + 1;
        const bool counts = m_event >= m_firstCounted;
        if (m_filling)
            fill(site, counts);
        if (m_distinct < m_seen.size())
            meet(site, counts, objects, missing);
        if (counts) {
            if (m_weighs)
                weigh(site, objects, missing);
            ++m_eventSizes[site * m_width + size];
            std::uint64_t* misses = m_misses.data() + site * m_numSizes * m_width;
            for (std::size_t s = 0; s < m_numSizes; ++s, misses += m_width)
                ++misses[m_loads[s]];
            if (!m_stream.assignments.empty())
                m_assignments[site] += m_stream.assignments[m_event];
            if (m_event == m_watch.next())
                watch();
        }
        std::ranges::fill(m_loads, std::uint16_t(0));
    }
    /// Adds these sizes to the curve.
    void takeInto(PoolCurve& curve);

private:
    void fill(std::size_t site, bool counts);
    void meet(std::size_t site, bool counts, std::span<const std::uint32_t> objects, SizeSet* missing);
    void weigh(std::size_t site, std::span<const std::uint32_t> objects, const SizeSet* missing);
    void watch();

    const EventStream& m_stream;
    const std::vector<std::uint32_t> m_capacities;
    const std::size_t m_numSizes, m_numSites, m_width; ///< width: sizes of events, from 0 on
    const bool m_flush, m_free, m_weighs;
    const std::uint64_t m_firstCounted;
    WatchedEvents m_watch;
    std::vector<std::vector<std::uint16_t>> m_watched; ///< [size]
    std::vector<SizeSet> m_missingOf; ///< [object] of the event at hand; empty unless m_weighs
    std::vector<std::uint16_t> m_loads; ///< [size]; in the end the misses
    std::vector<std::uint32_t> m_held; ///< [size] slots filled
    std::vector<std::uint32_t> m_seen; ///< the epoch (flushes so far, + 1) in which an object was last new
    // By site, and there by size: events by misses; assignments that hit; firsts that missed; misses that were free;
    // loads into free slots.
    std::vector<std::uint64_t> m_misses, m_assignmentHits, m_compulsory, m_freeLoads, m_filled;
    std::vector<std::uint64_t> m_eventSizes; ///< [site][objects] events
    std::vector<std::uint64_t> m_assignments; ///< [site]
    std::uint64_t m_event = 0;
    std::size_t m_site = 0, m_nextStart = 0;
    SizeSet m_filling; ///< sizes that have free slots
    std::uint32_t m_epoch = 1, m_distinct = 0;
};

}
