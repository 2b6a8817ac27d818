// SPDX-License-Identifier: GPL-3.0-or-later
//
// LRU: an object's rank in the order of last use is its stack distance, at once for all capacities (Mattson et al. 1970).
#include "analysis/simulation/curve_recorder.h"
#include "analysis/simulation/policy.h"
#include "analysis/simulation/recency_ranks.h"
#include "analysis/simulation/recorder.h"
#include "analysis/simulation/serving_order.h"

namespace expertscope::simulation {

namespace {

/// Where the order of service depends on what is resident, and so on the capacity: one replay each.
void replayResidentFirst(const EventStream& stream, const Contract& contract, std::uint32_t capacity,
    const std::stop_token& stop, PoolCurve& curve)
{
    std::vector<std::uint32_t> cache; // most recent first
    Recorder recorder(stream, contract, capacity);
    ServingOrder order(stream, contract);
    const auto find = [&](std::uint32_t object) { return std::ranges::find(cache, object); };
    for (std::uint64_t i = 0; i < stream.numEvents && !stop.stop_requested(); ++i) {
        if (recorder.begin(i))
            cache.clear();
        std::uint32_t evictions = 0;
        for (const std::uint32_t object : order.of(i, [&](auto o) { return find(o) != cache.end(); })) {
            if (const auto found = find(object); found != cache.end()) {
                std::rotate(cache.begin(), found, found + 1);
                continue;
            }
            recorder.miss(object);
            if (cache.size() == std::min(capacity, stream.numObjects())) {
                cache.pop_back();
                ++evictions;
            }
            cache.insert(cache.begin(), object);
        }
        recorder.end(evictions);
    }
    recorder.takeInto(curve);
}

class Lru final : public Policy
{
public:
    PoolCurve replay(const EventStream& stream, const Contract& contract, std::span<const std::uint32_t> capacities,
        const std::stop_token& stop) const override
    {
        if (contract.service == Service::Sequential && contract.order == Order::ResidentFirst) {
            PoolCurve curve{{capacities.begin(), capacities.end()}, {}, {}};
            for (const std::uint32_t capacity : capacities)
                replayResidentFirst(stream, contract, capacity, stop, curve);
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
            if (stream.ends.empty() && stream.fixedSize <= kMostCounted && !contract.flushBetweenSequences
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
                    if (at[r] < recorder.distinct() + (units.single ? firsts : 0))
                        distances[known++] = at[r] + 1;
                    else
                        ++firsts;
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
        .make = [](const Parameters&) { return std::make_unique<Lru>(); }};
}

}
