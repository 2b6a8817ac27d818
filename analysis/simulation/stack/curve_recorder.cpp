// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/simulation/stack/curve_recorder.h"

#include "analysis/simulation/kernels/stack_kernels.h"

#include <numeric>

namespace expertscope::simulation {

namespace {

/// Tables beyond this (16 MiB) count by capacity, not by distance.
constexpr std::size_t kMostCounts = std::size_t(1) << 21;

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
    , m_byDistance(m_numSites * stream.largestEvent * (stream.numObjects() + std::size_t(2)) <= kMostCounts)
    , m_width(m_byDistance ? stream.numObjects() + std::size_t(2) : m_numCapacities + std::size_t(1))
    , m_atLeast(m_numSites * stream.largestEvent * m_width)
    , m_firsts(m_numSites * (m_numCapacities + 1))
    , m_weights(stream.multiplicities.empty() ? 0 : m_firsts.size())
    , m_kept(kept == Kept::Told ? m_firsts.size() : 0)
    , m_dropped(m_numSites * stream.largestEvent)
    , m_watched(m_numCapacities * m_watch.count())
    , m_missing(m_numCapacities + 1)
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
    std::uint64_t* row = m_atLeast.data() + site * m_stream.largestEvent * m_width;
    for (std::uint32_t j = 0; j < size; ++j, row += m_width)
        ++row[column(distances[j])];
}

void CurveRecorder::watch(const std::uint32_t* distances, std::uint32_t size, std::uint32_t more)
{
    std::ranges::fill(m_missing, 0u);
    for (std::uint32_t i = 0; i < size; ++i)
        ++m_missing[distances[i] > m_stream.numObjects() - more ? m_numCapacities : bucket(distances[i] + more)];
    std::uint16_t* at = m_watched.data() + m_watch.place() + m_numCapacities * m_watch.count();
    std::uint32_t misses = 0;
    for (std::uint32_t c = m_numCapacities; c-- > 0;) {
        at -= m_watch.count();
        *at = static_cast<std::uint16_t>(misses += m_missing[c + 1]);
    }
    m_watch.advance();
}

void CurveRecorder::events(bool drops, const std::uint32_t* ranks, std::uint64_t count)
{
    const std::uint32_t size = m_stream.fixedSize;
    if (!m_byDistance) {
        std::uint32_t distances[kMostCounted];
        for (std::uint64_t i = 0; i < count; ++i, ranks += size) {
            for (std::uint32_t r = 0; r < size; ++r)
                distances[r] = ranks[r] + 1;
            event(distances, size, 0);
            for (std::uint32_t r = 0; drops && r < size; ++r)
                dropped(std::min(r, ranks[r]));
        }
        return;
    }
    while (m_watch.next() - m_event < count)
        watch(ranks + (m_watch.next() - m_event) * size, size, 1);
    const std::uint64_t skipped = std::min(count, m_firstCounted - std::min(m_firstCounted, m_event));
    stackKernels().count(ranks + skipped * size, size, count - skipped, m_atLeast.data(), m_width,
        m_stream.largestEvent * m_width, (m_site + skipped) % m_numSites, m_numSites);
    for (std::uint64_t i = skipped; drops && i < std::min(count, skipped + m_numSites); ++i)
        stackKernels().drops(ranks + i * size, size, (count - i + m_numSites - 1) / m_numSites, m_numSites * size,
            m_dropped.data() + (m_site + i) % m_numSites * size);
    m_event += count;
    m_site = (m_site + count) % m_numSites;
}

PoolCurve CurveRecorder::take() const
{
    const std::size_t width = m_numCapacities + 1, largest = m_stream.largestEvent;
    PoolCurve curve{m_capacities, {}, {}};
    for (std::size_t c = 0; c < m_numCapacities && m_watch.count() > 0; ++c)
        curve.watched.emplace_back(m_watched.begin() + c * m_watch.count(), m_watched.begin() + (c + 1) * m_watch.count());
    // What does not depend on the capacity, and how many events are how large.
    std::vector<Counters> plain(m_numSites);
    std::vector<std::vector<std::uint64_t>> sizes(m_numSites, std::vector<std::uint64_t>(largest + 1));
    const std::uint64_t skipped = std::min(m_firstCounted, m_stream.numEvents);
    const bool even = m_stream.ends.empty() && m_stream.assignments.empty();
    std::size_t site = 0;
    for (; even && site < m_numSites; ++site) {
        plain[site].events = (m_stream.numEvents - skipped) / m_numSites; // steps are whole
        plain[site].requests = plain[site].assignments = plain[site].events * m_stream.fixedSize;
        sizes[site][m_stream.fixedSize] = plain[site].events;
    }
    for (std::uint64_t i = even ? m_stream.numEvents : skipped; i < m_stream.numEvents; ++i) {
        site = m_stream.siteOfEvent(i);
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
        for (std::size_t c = m_numCapacities, end = m_width; c-- > 0;) {
            Counters& counters = curve.sites[c][site];
            atLeast[0] = counters.events;
            std::uint64_t misses = 0;
            // Distances that hit at the next capacity (or never), but not at this one.
            const std::size_t begin = m_byDistance ? std::min(m_capacities[c], m_stream.numObjects()) + 1 : c + 1;
            for (std::size_t j = 0; j < largest; ++j) {
                const std::uint64_t* row = m_atLeast.data() + (site * largest + j) * m_width;
                atLeast[j + 1] = std::accumulate(row + begin, row + end, atLeast[j + 1]);
                misses += atLeast[j + 1];
            }
            end = begin;
            counters.missesPerEvent.resize(largest + 1);
            for (std::size_t j = 0; j <= largest; ++j)
                counters.missesPerEvent[j] = atLeast[j] - atLeast[j + 1];
            counters.hits = counters.requests - misses;
            counters.assignmentHits = m_weights.empty()
                ? counters.hits
                : std::accumulate(m_weights.begin() + site * width, m_weights.begin() + site * width + c + 1, std::uint64_t(0));
            const bool free = m_contract.coldStart == ColdStart::FirstFree;
            counters.compulsory = free ? allFirsts - filled[c] : allFirsts;
            const std::uint64_t loaded = misses + (free ? filled[c] : 0); // free ones too
            std::uint64_t dropped = 0;
            for (std::size_t most = m_capacities[c]; most < largest; ++most)
                dropped += m_dropped[site * largest + most];
            counters.evictions =
                (m_keptMode == Kept::Told ? static_cast<std::uint64_t>(stayed[c]) : loaded - dropped) - filled[c];
            for (std::size_t size = m_capacities[c] + std::size_t(1); size <= largest; ++size)
                counters.overflows += sizes[site][size];
        }
    }
    return curve;
}

}
