// SPDX-License-Identifier: GPL-3.0-or-later
//
// LRU: an object's rank in the order of last use is its stack distance, at once for all capacities (Mattson et al.
// 1970).
#include "analysis/simulation/one_size/one_size_replay.h"
#include "analysis/simulation/stack/curve_recorder.h"
#include "analysis/simulation/stack/recency_ranks.h"

namespace expertscope::simulation {

namespace {

/// One capacity: where what is asked for, or its order, depends on what is resident.
class LruCache
{
public:
    LruCache(std::uint32_t numObjects, std::uint32_t capacity, const Contract&)
        : m_capacity(capacity)
        , m_queue(numObjects)
        , m_new(numObjects)
    {
    }
    bool holds(std::uint32_t object) const { return m_queue.listOf(object) == 0; }
    void hit(std::uint32_t object) { m_queue.moveTo(0, object); }
    template <typename Pinned> std::uint32_t load(std::uint32_t object, const Pinned& pinned)
    {
        std::uint32_t victim = kNobody;
        if (m_queue.size(0) == m_capacity) {
            victim = m_queue.oldestBut(0, pinned);
            m_queue.remove(victim);
        }
        m_queue.append(0, object);
        return victim;
    }
    std::uint32_t keepBest(std::span<const std::uint32_t> objects)
    {
        for (std::size_t r = objects.size(); r-- > 0;) {
            m_new[objects[r]] = !holds(objects[r]);
            if (m_new[objects[r]])
                m_queue.append(0, objects[r]);
            else
                m_queue.moveTo(0, objects[r]);
        }
        std::uint32_t evictions = 0;
        while (m_queue.size(0) > m_capacity) {
            const std::uint32_t victim = m_queue.oldest(0);
            evictions += !m_new[victim];
            m_queue.remove(victim);
        }
        for (const std::uint32_t object : objects)
            m_new[object] = 0;
        return evictions;
    }
    void clear() { m_queue.clear(); }

private:
    const std::uint32_t m_capacity;
    ObjectLists<1> m_queue;
    std::vector<std::uint8_t> m_new; ///< loaded in this event
};

class Lru final : public Policy
{
public:
    PoolCurve replay(const EventStream& stream, const Contract& contract, std::span<const std::uint32_t> capacities,
        const std::stop_token& stop) const override
    {
        if (contract.service == Service::Sequential && contract.order == Order::ResidentFirst) {
            PoolCurve curve{{capacities.begin(), capacities.end()}, {}, {}};
            for (const std::uint32_t capacity : capacities)
                OneSizeReplay<LruCache>(stream, contract, capacity).run(stop, curve);
            return curve;
        }
        const Units units(stream, contract);
        // An event that does not fit leaves its first objects; sequentially, each stays for a moment.
        const bool drops = !units.single && capacities.front() < stream.largestEvent;
        CurveRecorder recorder(stream, contract, capacities);
        RecencyRanks recency(stream.numObjects());
        const std::uint64_t chunk = std::max<std::uint64_t>(1, 4096 / std::max(stream.largestEvent, 1u));
        std::vector<std::uint32_t> ranks(chunk * stream.largestEvent + kMostCounted), distances(stream.largestEvent);
        std::size_t start = 0;
        for (std::uint64_t begin = 0; begin < stream.numEvents && !stop.stop_requested(); begin += chunk) {
            const std::uint64_t count = std::min(chunk, stream.numEvents - begin);
            recency.of(units, begin, count, false, ranks.data());
            const std::uint32_t* at = ranks.data();
            if (stream.ends.empty() && units.multiplicities.empty() && stream.fixedSize <= kMostCounted
                && !contract.flushBetweenSequences
                && recorder.distinct() == stream.numObjects()) {
                recorder.events(drops, at, count);
                continue;
            }
            for (std::uint64_t i = begin; i < begin + count; ++i) {
                if (contract.flushBetweenSequences && start < stream.sequenceStarts.size()
                    && stream.sequenceStarts[start] == i) {
                    recorder.flush();
                    ++start;
                }
                const auto size = static_cast<std::uint32_t>(stream.event(i).size());
                std::uint32_t known = 0, firsts = 0;
                for (std::uint32_t r = 0; r < size; ++r) {
                    // Ranks beyond all distinct objects so far belong to objects that were never asked for.
                    const bool first = at[r] >= recorder.distinct() + (units.single ? firsts : 0);
                    if (first)
                        ++firsts;
                    else
                        distances[known++] = at[r] + 1;
                    if (!units.multiplicities.empty())
                        recorder.weigh(first ? recorder.firstDistance(firsts) : at[r] + 1,
                            units.multiplicities[units.firstObject(i) + r]);
                }
                const std::uint32_t distinct = recorder.distinct();
                recorder.event(distances.data(), known, firsts);
                for (std::uint32_t r = 0; drops && r < size; ++r)
                    recorder.dropped(at[r] < distinct ? std::min(r, at[r]) : r);
                at += size;
            }
        }
        return recorder.take();
    }
};

}

PolicySpec lruPolicy()
{
    return {.name = "lru",
        .definition = "evicts what was used longest ago",
        .source = "Mattson et al. 1970",
        .allSizes = true,
        .residentFirst = true,
        .make = [](const Parameters&) { return std::make_unique<Lru>(); },
        .makeCache =
            [](const Parameters&, const EventStream& stream, std::uint32_t capacity, const Contract& contract) {
                return std::make_unique<SteppedCacheOf<LruCache>>(stream.numObjects(), capacity, contract);
            },
        .makeStepped =
            [](const Parameters&, const EventStream& stream, const Contract& contract, std::uint32_t capacity) {
                return std::make_unique<OneSizeReplay<LruCache>>(stream, contract, capacity);
            }};
}

}
