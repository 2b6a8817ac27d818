// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/simulation/curve_recorder.h"

#include <algorithm>

namespace expertscope::simulation {

namespace {

/// Sorts descending; events are small.
void sortDescending(std::uint32_t* values, std::uint32_t size)
{
    if (size > 24) {
        std::sort(values, values + size, std::greater());
        return;
    }
    // Each value's place is how many come before it: no branch to mispredict.
    std::uint32_t copy[24], places[24] = {};
    std::copy_n(values, size, copy);
    for (std::uint32_t i = 1; i < size; ++i) {
        std::uint32_t before = 0;
        for (std::uint32_t j = 0; j < i; ++j) {
            const std::uint32_t after = copy[j] < copy[i];
            places[j] += after;
            before += 1 - after;
        }
        places[i] = before;
    }
    for (std::uint32_t i = 0; i < size; ++i)
        values[places[i]] = copy[i];
}

}

CurveRecorder::CurveRecorder(
    const EventStream& stream, const Contract& contract, std::span<const std::uint32_t> capacities, Kept kept)
    : m_stream(stream)
    , m_contract(contract)
    , m_capacities(capacities.begin(), capacities.end())
    , m_keptMode(kept)
    , m_numCapacities(static_cast<std::uint32_t>(capacities.size()))
    , m_numSites(stream.sites.size())
    , m_firstCounted(std::uint64_t(contract.warmUpSteps) * stream.sites.size())
    , m_buckets(std::size_t(stream.numObjects()) + 2)
    , m_atLeast(m_numSites * stream.largestEvent * (m_numCapacities + 1))
    , m_firsts(m_numSites * (m_numCapacities + 1))
    , m_kept(kept == Kept::Told ? m_firsts.size() : 0)
{
    for (std::uint32_t d = 0; d < m_buckets.size(); ++d)
        m_buckets[d] =
            static_cast<std::uint32_t>(std::lower_bound(m_capacities.begin(), m_capacities.end(), d) - m_capacities.begin());
}

void CurveRecorder::addFirsts(std::size_t site, std::uint32_t* distances, std::uint32_t firsts)
{
    for (std::uint32_t i = 0; i < firsts; ++i) {
        ++m_distinct; // at capacities from here on it takes a free slot
        distances[i] = m_contract.coldStart == ColdStart::FirstFree ? m_distinct : kNever;
        if (m_counting)
            ++m_firsts[site * (m_numCapacities + 1) + bucket(m_distinct)];
    }
}

void CurveRecorder::count(std::size_t site, std::uint32_t* distances, std::uint32_t size)
{
    sortDescending(distances, size);
    std::uint64_t* row = m_atLeast.data() + site * m_stream.largestEvent * (m_numCapacities + 1);
    for (std::uint32_t j = 0; j < size; ++j, row += m_numCapacities + 1)
        ++row[bucket(distances[j])];
}

PoolCurve CurveRecorder::take() const
{
    const std::size_t width = m_numCapacities + 1, largest = m_stream.largestEvent;
    PoolCurve curve{m_capacities, {}};
    // What does not depend on the capacity, and how many events are how large.
    std::vector<Counters> plain(m_numSites);
    std::vector<std::vector<std::uint64_t>> sizes(m_numSites, std::vector<std::uint64_t>(largest + 1));
    std::size_t site = 0;
    for (std::uint64_t i = 0; i < m_stream.numEvents; ++i, site = site + 1 == m_numSites ? 0 : site + 1) {
        if (i < m_firstCounted)
            continue;
        const std::size_t size = m_stream.event(i).size();
        ++plain[site].events;
        plain[site].requests += size;
        plain[site].assignments += m_stream.assignments.empty() ? size : m_stream.assignments[i];
        ++sizes[site][size];
    }
    curve.sites.assign(m_numCapacities, plain);
    for (site = 0; site < m_numSites; ++site) {
        std::uint64_t firsts = 0; // that took a free slot
        for (std::size_t c = 0; c < width; ++c)
            firsts += m_firsts[site * width + c];
        const std::uint64_t allFirsts = firsts;
        std::vector<std::uint64_t> atLeast(largest + 2); // [j] events with at least j misses, from the largest capacity down
        firsts = 0;
        std::int64_t kept = 0;
        std::vector<std::uint64_t> filled(m_numCapacities);
        std::vector<std::int64_t> stayed(m_numCapacities);
        for (std::size_t c = 0; c < m_numCapacities; ++c) {
            filled[c] = firsts += m_firsts[site * width + c];
            if (m_keptMode == Kept::Told)
                stayed[c] = kept += m_kept[site * width + c];
        }
        for (std::size_t c = m_numCapacities; c-- > 0;) {
            Counters& counters = curve.sites[c][site];
            atLeast[0] = counters.events;
            std::uint64_t misses = 0;
            for (std::size_t j = 0; j < largest; ++j) {
                atLeast[j + 1] += m_atLeast[(site * largest + j) * width + c + 1];
                misses += atLeast[j + 1];
            }
            counters.missesPerEvent.resize(largest + 1);
            for (std::size_t j = 0; j <= largest; ++j)
                counters.missesPerEvent[j] = atLeast[j] - atLeast[j + 1];
            counters.hits = counters.requests - misses;
            const bool free = m_contract.coldStart == ColdStart::FirstFree;
            counters.compulsory = free ? allFirsts - filled[c] : allFirsts;
            const std::uint64_t loaded = misses + (free ? filled[c] : 0); // free ones too
            counters.evictions =
                (m_keptMode == Kept::Told ? static_cast<std::uint64_t>(stayed[c]) : loaded) - filled[c];
            for (std::size_t size = m_capacities[c] + std::size_t(1); size <= largest; ++size)
                counters.overflows += sizes[site][size];
        }
    }
    return curve;
}

}
