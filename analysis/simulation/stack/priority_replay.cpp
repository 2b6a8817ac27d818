// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/simulation/stack/priority_replay.h"

#include "analysis/simulation/recorder.h"
#include "analysis/simulation/stack/curve_recorder.h"
#include "analysis/simulation/stack/priority_stack.h"

#include <algorithm>
#include <deque>
#include <utility>

namespace expertscope::simulation {

namespace {

/// Which objects were asked for since the last flush, and where flushes are.
class Acquaintance
{
public:
    Acquaintance(const EventStream& stream, const Contract& contract)
        : m_stream(stream)
        , m_flush(contract.flushBetweenSequences)
        , m_seen(stream.numObjects())
    {
    }
    bool flushesBefore(std::uint64_t event)
    {
        if (!m_flush || m_start >= m_stream.sequenceStarts.size() || m_stream.sequenceStarts[m_start] != event)
            return false;
        ++m_start;
        ++m_epoch;
        m_known = 0;
        return true;
    }
    /// Whether nothing new can come any more.
    bool complete() const { return !m_flush && m_known == m_seen.size(); }
    bool knows(std::uint32_t object) const { return m_seen[object] == m_epoch; }
    /// How many of these were not asked for before.
    std::uint32_t meet(std::span<const std::uint32_t> objects)
    {
        if (m_known == m_seen.size())
            return 0;
        std::uint32_t firsts = 0;
        for (const std::uint32_t object : objects) {
            firsts += m_seen[object] != m_epoch;
            m_seen[object] = m_epoch;
        }
        m_known += firsts;
        return firsts;
    }

private:
    const EventStream& m_stream;
    const bool m_flush;
    std::vector<std::uint32_t> m_seen;
    std::size_t m_start = 0, m_known = 0;
    std::uint32_t m_epoch = 1;
};

/// Capacities that go by one rule: a stack and what it counts.
class Part
{
public:
    Part(const EventStream& stream, const Contract& contract, std::span<const std::uint32_t> capacities, bool bypass)
        : m_numObjects(stream.numObjects())
        , m_bypass(bypass)
        , m_chunks(stream.ends.empty() && stream.multiplicities.empty() && stream.fixedSize > 0 && stream.fixedSize <= kMostCounted)
        , m_stack(m_numObjects, std::min(capacities.back(), m_numObjects), stream.largestEvent)
        , m_recorder(stream, contract, capacities, bypass ? CurveRecorder::Kept::Told : CurveRecorder::Kept::All)
        , m_distances(stream.largestEvent)
        , m_pending(m_chunks ? kChunk * stream.fixedSize + kMostCounted : 0)
    {
    }
    void flush()
    {
        countPending();
        m_stack.clear();
        m_recorder.flush();
    }
    /// `multiplicities`: of the members; empty: 1 each.
    void serve(std::uint64_t i, const Moves& moves, std::uint32_t size, std::uint32_t firsts,
        std::span<const std::uint32_t> multiplicities)
    {
        const StackOutcome outcome = multiplicities.empty() ? m_stack.step(moves, size, firsts, m_bypass)
                                                            : m_stack.stepWithMembers(moves, size, firsts, m_bypass);
        for (std::uint32_t j = 0; j < outcome.found && !multiplicities.empty(); ++j)
            m_recorder.weigh(m_stack.positions()[j], multiplicities[m_stack.members()[j]]);
        std::uint32_t* const distances = m_distances.data() + m_known;
        for (std::uint32_t j = 0; j < outcome.found; ++j)
            distances[j] = m_stack.positions()[j];
        for (std::uint32_t j = outcome.found; j < size - firsts; ++j)
            distances[j] = kNever;
        m_known += size - firsts;
        for (std::uint32_t j = 0; j < outcome.numKept; ++j)
            m_recorder.moved(i, m_stack.kept()[2 * j + 1], m_stack.kept()[2 * j]);
    }
    /// A unit of what is preloaded.
    void preload(const Moves& moves) { m_stack.push(moves); }
    /// The n-th (from 1) object of the event that was not asked for before.
    void weighFirst(std::uint32_t n, std::uint32_t multiplicity)
    {
        m_recorder.weigh(m_recorder.firstDistance(n), multiplicity);
    }
    /// Events without news are counted many at a time.
    void endEvent(std::uint32_t firsts)
    {
        const std::uint32_t known = std::exchange(m_known, 0);
        if (!m_chunks || firsts > 0) {
            countPending();
            m_recorder.event(m_distances.data(), known, firsts);
            return;
        }
        std::uint32_t* const ranks = m_pending.data() + m_numPending * known;
        for (std::uint32_t j = 0; j < known; ++j)
            ranks[j] = std::min(m_distances[j] - 1, m_numObjects);
        if (++m_numPending == kChunk)
            countPending();
    }
    /// Whether all events to come, none with news, can be served in one go.
    bool canRun(const Units& units, std::uint64_t first) const
    {
        return m_chunks && stackKernels().stepLeading
            && (!m_bypass
                || ((m_stack.depth() <= 16 || m_numObjects <= 64) && units.stream.sites.size() == 1
                    && m_recorder.countsFrom(first)));
    }
    /// `to`: of the requests from event `first` on.
    void run(const Units& units, std::uint64_t first, const std::uint8_t* to, const std::stop_token& stop)
    {
        countPending();
        const std::uint32_t size = units.stream.fixedSize;
        std::int64_t kept[65] = {}; // the last one: of none
        for (std::uint64_t i = first; i < units.stream.numEvents && !stop.stop_requested(); i += kChunk) {
            const std::uint64_t count = std::min(kChunk, units.stream.numEvents - i);
            const std::uint64_t steps = units.single ? count * size : count;
            stackKernels().stepLeading(
                m_stack.state(), to, units.single ? 1 : size, steps, m_numObjects, m_pending.data(), m_bypass ? kept : nullptr);
            m_recorder.events(false, m_pending.data(), count);
            to += count * size;
        }
        if (m_bypass)
            m_recorder.movedMany(std::span(kept).first(64));
    }
    PoolCurve take()
    {
        countPending();
        return m_recorder.take();
    }

private:
    void countPending()
    {
        if (m_numPending)
            m_recorder.events(false, m_pending.data(), std::exchange(m_numPending, 0));
    }

    static constexpr std::uint64_t kChunk = 256;
    const std::uint32_t m_numObjects;
    const bool m_bypass, m_chunks;
    PriorityStack m_stack;
    CurveRecorder m_recorder;
    std::vector<std::uint32_t> m_distances, m_pending;
    std::uint64_t m_numPending = 0;
    std::uint32_t m_known = 0;
};

/// All parts in one go: what they wait for overlaps.
void replayParts(const Units& units, const Contract& contract, const std::stop_token& stop, Ranker& ranker,
    std::deque<Part>& parts)
{
    const EventStream& stream = units.stream;
    const std::uint64_t preloaded = preloadEvents(stream, contract);
    Acquaintance acquaintance(stream, contract);
    Moves moves;
    std::vector<Part*> stepping;
    for (Part& part : parts)
        stepping.push_back(&part);
    for (std::uint64_t i = 0; i < stream.numEvents; ++i) {
        if (i % 4096 == 0 && stop.stop_requested())
            return;
        if (acquaintance.flushesBefore(i)) {
            for (Part* part : stepping)
                part->flush();
        }
        const std::uint64_t begin = units.firstObject(i);
        if (ranker.leading() && acquaintance.complete()) {
            std::erase_if(stepping, [&](Part* part) {
                const bool runs = part->canRun(units, i);
                if (runs)
                    part->run(units, i, ranker.leading() + begin, stop);
                return runs;
            });
            if (stepping.empty())
                return;
        }
        const auto size = static_cast<std::uint32_t>(units.firstObject(i + 1) - begin);
        const std::uint32_t unit = units.single ? 1 : size;
        std::uint32_t firsts = 0;
        // An event may be empty and still move ranks.
        for (std::uint32_t first = 0; first < size || (first == 0 && !units.single); first += std::max(unit, 1u)) {
            const auto members = units.objects.subspan(begin + first, unit);
            const auto multiplicities
                = units.multiplicities.empty() ? units.multiplicities : units.multiplicities.subspan(begin + first, unit);
            for (std::uint32_t r = 0, n = firsts; r < multiplicities.size(); ++r) {
                if (acquaintance.knows(members[r]))
                    continue;
                ++n;
                for (Part* part : stepping)
                    part->weighFirst(n, multiplicities[r]);
            }
            const std::uint32_t unknown = acquaintance.meet(members);
            ranker.next(i, begin + first, members, moves);
            for (Part* part : stepping) {
                if (i < preloaded && unit > 0)
                    part->preload(moves);
                else
                    part->serve(i, moves, unit, unknown, multiplicities);
            }
            firsts += unknown;
        }
        for (Part* part : stepping)
            part->endEvent(firsts);
    }
}

/// Brings the order of all objects (rank -> object and back) up to date.
void applyMoves(const Moves& moves, std::vector<std::uint32_t>& objectAt, std::vector<std::uint32_t>& ranks)
{
    constexpr std::uint32_t kNobody = UINT32_MAX;
    std::vector<std::uint32_t> arrived(objectAt.size(), kNobody);
    for (std::size_t j = 0; j < moves.from.size(); ++j) {
        arrived[moves.to[j]] = objectAt[moves.from[j]];
        objectAt[moves.from[j]] = kNobody;
    }
    std::size_t old = 0;
    for (std::uint32_t& object : arrived) {
        if (object != kNobody)
            continue;
        while (objectAt[old] == kNobody)
            ++old;
        object = objectAt[old++];
    }
    objectAt = std::move(arrived);
    for (std::uint32_t rank = 0; rank < objectAt.size(); ++rank)
        ranks[objectAt[rank]] = rank;
}

/// Capacities that some events exceed and others do not: an event that fits puts all of its objects first, one that does
/// not lets them compete, so capacities do not nest and each is replayed by itself.
PoolCurve replayEach(const Units& units, const Contract& contract, std::span<const std::uint32_t> capacities,
    const std::stop_token& stop, Ranker& ranker)
{
    const EventStream& stream = units.stream;
    struct Cache
    {
        std::vector<std::uint32_t> objects; ///< resident
        std::vector<std::uint8_t> resident; ///< [U]
    };
    std::vector<Cache> caches(capacities.size());
    std::vector<Recorder> recorders;
    for (std::size_t c = 0; c < capacities.size(); ++c) {
        caches[c].resident.resize(stream.numObjects());
        recorders.emplace_back(stream, contract, capacities[c]);
    }
    std::vector<std::uint32_t> ranks = ranker.initialRanks(), objectAt(ranks.size());
    for (std::uint32_t object = 0; object < ranks.size(); ++object)
        objectAt[ranks[object]] = object;
    std::vector<std::uint8_t> member(stream.numObjects());
    const std::uint64_t preloaded = preloadEvents(stream, contract);
    Moves moves;
    for (std::uint64_t i = 0; i < stream.numEvents; ++i) {
        if (i % 256 == 0 && stop.stop_requested())
            break;
        const auto members = stream.event(i);
        ranker.next(i, units.firstObject(i), members, moves);
        applyMoves(moves, objectAt, ranks);
        for (const std::uint32_t object : members)
            member[object] = 1;
        for (std::size_t c = 0; c < capacities.size(); ++c) {
            Cache& cache = caches[c];
            const std::size_t capacity = capacities[c];
            if (recorders[c].begin(i)) {
                for (const std::uint32_t object : cache.objects)
                    cache.resident[object] = 0;
                cache.objects.clear();
            }
            for (const std::uint32_t object : members) {
                if (!cache.resident[object]) {
                    recorders[c].miss(object);
                    cache.objects.push_back(object);
                }
            }
            // The best stay; those of the event first, if they fit.
            std::uint32_t evictions = 0;
            if (i < preloaded) {
                if (cache.objects.size() > capacity) {
                    cache.resident[cache.objects.front()] = 0;
                    cache.objects.erase(cache.objects.begin());
                    ++evictions;
                }
            } else if (cache.objects.size() > capacity) {
                const bool pinned = members.size() <= capacity;
                std::ranges::nth_element(cache.objects, cache.objects.begin() + std::ptrdiff_t(capacity), {},
                    [&](std::uint32_t o) { return std::pair(pinned && !member[o], ranks[o]); });
                for (std::size_t k = capacity; k < cache.objects.size(); ++k)
                    evictions += cache.resident[cache.objects[k]];
                for (std::size_t k = capacity; k < cache.objects.size(); ++k)
                    cache.resident[cache.objects[k]] = 0;
                cache.objects.resize(capacity);
            }
            for (const std::uint32_t object : cache.objects)
                cache.resident[object] = 1;
            recorders[c].end(evictions);
        }
        for (const std::uint32_t object : members)
            member[object] = 0;
    }
    PoolCurve curve{{capacities.begin(), capacities.end()}, {}, {}};
    for (Recorder& recorder : recorders)
        recorder.takeInto(curve);
    return curve;
}

}

PoolCurve replayByPriority(const EventStream& stream, const Contract& contract,
    std::span<const std::uint32_t> capacities, const std::stop_token& stop,
    const std::function<std::unique_ptr<Ranker>(const Units&)>& make)
{
    const Units units(stream, contract);
    std::deque<Part> parts; // stay where they are
    std::span<const std::uint32_t> competing, each, fitting = capacities;
    if (contract.admission == Admission::Bypass) {
        std::swap(competing, fitting);
    } else if (!units.single) {
        // Events that do not fit let their objects compete: all of them, or some (those go by neither rule).
        std::uint32_t smallest = stream.largestEvent;
        for (std::uint64_t i = 0; i < stream.numEvents && stream.fixedSize == 0; ++i) {
            if (const auto size = static_cast<std::uint32_t>(stream.event(i).size()))
                smallest = std::min(smallest, size);
        }
        const auto below = [&](std::uint32_t size) {
            return std::size_t(std::ranges::lower_bound(capacities, size) - capacities.begin());
        };
        competing = capacities.first(below(smallest));
        each = capacities.subspan(competing.size(), below(stream.largestEvent) - competing.size());
        fitting = capacities.subspan(competing.size() + each.size());
    }
    if (!competing.empty())
        parts.emplace_back(stream, contract, competing, true);
    if (!fitting.empty())
        parts.emplace_back(stream, contract, fitting, false);
    if (!parts.empty())
        replayParts(units, contract, stop, *make(units), parts);

    PoolCurve curve;
    const auto add = [&](PoolCurve part) {
        curve.capacities.insert(curve.capacities.end(), part.capacities.begin(), part.capacities.end());
        std::ranges::move(part.sites, std::back_inserter(curve.sites));
        std::ranges::move(part.watched, std::back_inserter(curve.watched));
    };
    if (!competing.empty())
        add(parts.front().take());
    if (!each.empty())
        add(replayEach(units, contract, each, stop, *make(units)));
    if (!fitting.empty())
        add(parts.back().take());
    return curve;
}

}
