// SPDX-License-Identifier: GPL-3.0-or-later
//
// The events of all pools in the order of time: step after step, in each step the sites from first to last.
#pragma once

#include "analysis/simulation/events.h"

#include <algorithm>

namespace expertscope::prefetch {

class Walk
{
public:
    /// Keeps a reference. The pools are runs of consecutive sites, in order, as readEvents() makes them.
    explicit Walk(const simulation::EventSet& events)
        : m_events(events)
    {
        for (std::uint32_t pool = 0; pool < events.pools.size(); ++pool) {
            const simulation::EventStream& stream = events.pools[pool];
            for (std::uint32_t m = 0; m < stream.sites.size(); ++m) {
                m_sites.push_back({pool, m, static_cast<std::uint32_t>(stream.sites.size()), stream.firstObject[m],
                    stream.firstObject[m + 1] - stream.firstObject[m]});
            }
            if (!stream.sites.empty())
                m_numSteps = stream.numEvents / stream.sites.size();
        }
        if (!events.pools.empty()) {
            for (const std::uint64_t event : events.pools.front().sequenceStarts)
                m_sequenceStarts.push_back(event / events.pools.front().sites.size());
        }
    }

    /// Of the l-th site.
    struct Place
    {
        std::uint32_t pool, member, sitesInPool; ///< it is the member-th of its pool's sites
        std::uint32_t firstObject, numExperts; ///< its objects in the pool
    };

    const simulation::EventSet& events() const { return m_events; }
    std::size_t numSites() const { return m_sites.size(); }
    std::uint64_t numSteps() const { return m_numSteps; }
    std::uint64_t numEvents() const { return m_numSteps * m_sites.size(); }
    const Place& place(std::size_t site) const { return m_sites[site]; }
    const simulation::EventStream& pool(std::size_t site) const { return m_events.pools[m_sites[site].pool]; }
    /// The same event in its pool's own count.
    std::uint64_t eventInPool(std::uint64_t step, std::size_t site) const
    {
        return step * m_sites[site].sitesInPool + m_sites[site].member;
    }
    /// Objects of the site's pool, by router rank.
    std::span<const std::uint32_t> event(std::uint64_t step, std::size_t site) const
    {
        return pool(site).event(eventInPool(step, site));
    }
    /// Steps at which a sequence begins, ascending; empty if steps are not single tokens.
    const std::vector<std::uint64_t>& sequenceStarts() const { return m_sequenceStarts; }

private:
    const simulation::EventSet& m_events;
    std::vector<Place> m_sites;
    std::vector<std::uint64_t> m_sequenceStarts;
    std::uint64_t m_numSteps = 0;
};

/// Tokens of an event with so many choices: known where steps are single tokens, else as many as fill all slots.
inline std::uint64_t tokensOf(const Walk& walk, std::size_t site, std::uint64_t chosen)
{
    if (walk.pool(site).assignments.empty())
        return 1;
    const std::uint64_t k = std::max<std::uint64_t>(walk.pool(site).topK[walk.place(site).member], 1);
    return std::max<std::uint64_t>(1, (chosen + k - 1) / k);
}

}
