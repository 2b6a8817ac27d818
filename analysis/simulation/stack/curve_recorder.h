// SPDX-License-Identifier: GPL-3.0-or-later
//
// Counts the outcome of events for all capacities at once. A request has a distance: the smallest capacity at which it
// hits. Of an event with j-th largest distance d there are at least j misses at each capacity below d, so one count an
// event and j gives all histograms (simulation.md 6).
#pragma once

#include "analysis/simulation/counters.h"
#include "analysis/simulation/events.h"
#include "analysis/simulation/watched_steps.h"

#include <algorithm>

namespace expertscope::simulation {

/// Distance of what hits at no capacity.
inline constexpr std::uint32_t kNever = UINT32_MAX;

class CurveRecorder
{
public:
    /// What is resident after an event. All: what was loaded, but for dropped() (so evictions = misses - slots filled -
    /// dropped). Told: as moved() says.
    enum class Kept
    {
        All,
        Told
    };
    CurveRecorder(const EventStream& stream, const Contract& contract, std::span<const std::uint32_t> capacities,
        Kept kept = Kept::All);

    /// The events have to come in order. `distances`: of the `size` objects of it that were asked for before (since the
    /// last flush), in any order, maybe kNever; with room for the `firsts` that were not. Reordered.
    void event(std::uint32_t* distances, std::uint32_t size, std::uint32_t firsts)
    {
        const std::size_t site = m_site;
        m_site = m_site + 1 == m_numSites ? 0 : m_site + 1;
        m_counting = m_event++ >= m_firstCounted;
        if (firsts)
            addFirsts(site, distances + size, firsts);
        if (m_event - 1 == m_watch.next())
            watch(distances, size + firsts, 0);
        if (m_counting)
            count(site, distances, size + firsts);
    }
    /// Before event(): an object of it has this distance and is asked for so often. Of streams with multiplicities;
    /// what hits at no capacity may be left out.
    void weigh(std::uint32_t distance, std::uint32_t multiplicity)
    {
        if (m_event >= m_firstCounted)
            m_weights[m_site * (m_numCapacities + 1) + bucket(distance)] += multiplicity;
    }
    /// Distance of the n-th (from 1) object of the event that was not asked for before.
    std::uint32_t firstDistance(std::uint32_t n) const
    {
        return m_contract.coldStart == ColdStart::FirstFree ? m_distinct + n : kNever;
    }
    /// Of the event just counted: an object was loaded, but not kept, at capacities up to `most`.
    void dropped(std::uint32_t most)
    {
        if (m_counting && most)
            ++m_dropped[(m_site == 0 ? m_numSites - 1 : m_site - 1) * m_stream.largestEvent + most];
    }
    /// Events of an even stream, all of whose objects were asked for before: `ranks` [count][size] are distances - 1
    /// (the number of objects: kNever).
    /// `drops`: as dropped(rank or place in the event, whichever is less). Fast. For events of at most kMostCounted
    /// objects; with room for so many more behind them.
    void events(bool drops, const std::uint32_t* ranks, std::uint64_t count);
    /// An object was resident from capacity `before` on (kNever) at the start of the event, and is from `after` on.
    void moved(std::uint64_t event, std::uint32_t before, std::uint32_t after)
    {
        if (event < m_firstCounted || after >= before)
            return;
        const std::size_t site = m_numSites == 1 ? 0 : std::size_t(event % m_numSites);
        std::int64_t* kept = m_kept.data() + site * (m_numCapacities + 1);
        ++kept[bucket(after)];
        --kept[bucket(before)];
    }
    bool countsFrom(std::uint64_t event) const { return event >= m_firstCounted; }
    /// moved() of many events of a single site: differences by place, from 0.
    void movedMany(std::span<const std::int64_t> differences)
    {
        for (std::uint32_t place = 0; place < differences.size(); ++place)
            m_kept[bucket(place + 1)] += differences[place];
    }
    /// How many distinct objects were asked for since the last flush.
    std::uint32_t distinct() const { return m_distinct; }
    void flush() { m_distinct = 0; }

    PoolCurve take() const;

private:
    std::uint32_t bucket(std::uint32_t distance) const
    {
        return distance < m_buckets.size() ? m_buckets[distance] : m_numCapacities;
    }
    std::size_t column(std::uint32_t distance) const
    {
        return m_byDistance ? std::min<std::size_t>(distance, m_width - 1) : bucket(distance);
    }
    void addFirsts(std::size_t site, std::uint32_t* distances, std::uint32_t firsts);
    void count(std::size_t site, std::uint32_t* distances, std::uint32_t size);
    /// Keeps the misses of the event by capacity; its distances are those given + `more`.
    void watch(const std::uint32_t* distances, std::uint32_t size, std::uint32_t more);

    const EventStream& m_stream;
    const Contract m_contract;
    const std::vector<std::uint32_t> m_capacities;
    const Kept m_keptMode;
    const std::uint32_t m_numCapacities;
    const std::size_t m_numSites;
    const std::uint64_t m_firstCounted;
    std::vector<std::uint32_t> m_buckets; ///< [distance] how many capacities are below it
    const bool m_byDistance;
    const std::size_t m_width; ///< of a row of m_atLeast: distances, kNever last; or buckets, if distances are many
    std::vector<std::uint64_t> m_atLeast; ///< [site][j][width]: events with such a (j + 1)-th largest distance
    std::vector<std::uint64_t> m_firsts; ///< [site][bucket of the number of distinct objects so far]
    std::vector<std::uint64_t> m_weights; ///< [site][bucket] assignments; empty: as many as requests
    std::vector<std::int64_t> m_kept; ///< [site][bucket] misses that stayed, as differences
    std::vector<std::uint64_t> m_dropped; ///< [site][most]
    WatchedEvents m_watch{m_stream};
    std::vector<std::uint16_t> m_watched; ///< [capacity][watched event]
    std::vector<std::uint32_t> m_missing; ///< [bucket] of the event being watched
    std::uint64_t m_event = 0;
    std::size_t m_site = 0;
    std::uint32_t m_distinct = 0;
    bool m_counting = false;
};

}
