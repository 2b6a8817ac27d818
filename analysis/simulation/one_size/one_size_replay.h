// SPDX-License-Identifier: GPL-3.0-or-later
//
// The contract of policies that replay one capacity at a time; a policy brings only a cache:
//
//     Cache(numObjects, capacity, contract)   capacity: 1 .. numObjects
//     bool holds(object)
//     void hit(object)                        it is used, and held
//     uint32 load(object, pinned)             it is not held: takes it in; whom it evicted, or kNobody. Never one with
//                                             pinned(object); if full, there is one who is not.
//     void clear()                            holds nobody and knows nobody; what is counted since the start goes on
//     static constexpr bool kHitsAreMarks     true, if it has one: hit() may be called for who is not held too, load()
//                                             undoes it, and its order with loads of others does not matter
//     void nextUnit()                         if it has one: before each atomic event or sequential request
//     class Few               if it has one: the same for at most 64 objects, a bit each (few_objects.h); for atomic
//                             events that fit and for sequential requests:
//         static bool serves(capacity, largestEvent)
//         Few(capacity)
//         bool holds(object) const
//         uint32 serve(objects, size, event)  `objects`, which are the bits `event`, are pinned and used; how many
//                                             were not held and are now
//     class Many              if it has one: sizes side by side (many_sizes_replay.h)
//         static ServeBytes bytes(stream)     if it has one: as bytes in registers (byte_kernels.h), where they can
//                                             serve the stream; null: none
//     uint32 keepBest(objects)                if it has one: serves an event as a whole: the best of what it held
//                                             and of `objects` stay; how many it evicted
//
// What is preloaded is loaded one by one, all held being pinned but the one that is wanted least.
// An atomic event that fits: all its members are pinned, then they are served, the weakest router rank first, so that
// the strongest is the most recent. One that does not fit, without keepBest(): nobody is pinned, those that hit are
// served first, then the missing, so that the last `capacity` loads stay; nobody leaves and comes back. With
// keepBest() a policy can also serve Admission::Bypass: all units that miss go there.
#pragma once

#include "analysis/simulation/byte_lists/bytes_replay.h"
#include "analysis/simulation/many_sizes/many_sizes_replay.h"
#include "analysis/simulation/one_size/few_objects.h"
#include "analysis/simulation/one_size/object_lists.h"
#include "analysis/simulation/one_size/stepped_cache.h"
#include "analysis/simulation/policy.h"
#include "analysis/simulation/recorder.h"
#include "analysis/simulation/serving_order.h"

#include <algorithm>
#include <tuple>

namespace expertscope::simulation {

template <typename Cache> class OneSizeReplay final : public SteppedReplay
{
public:
    template <typename... Args>
    OneSizeReplay(const EventStream& stream, const Contract& contract, std::uint32_t capacity, const Args&... args)
        : m_stream(stream)
        , m_contract(contract)
        , m_capacity(std::clamp(capacity, 1u, std::max(stream.numObjects(), 1u)))
        , m_preloadEvents(preloadEvents(stream, contract))
        , m_recorder(stream, contract, capacity)
        , m_cache(stream.numObjects(), m_capacity, contract, args...)
        , m_pins(stream.numObjects())
        , m_order(stream, contract)
        , m_missing(stream.largestEvent + std::size_t(1))
    {
    }

    void run(const std::stop_token& stop, PoolCurve& curve)
    {
        if constexpr (kHasFew) {
            const bool atomic = m_contract.service == Service::Atomic;
            if (m_stream.numObjects() <= 64 && (!atomic || m_stream.largestEvent <= m_capacity)
                && !m_contract.flushBetweenSequences && m_preloadEvents == 0
                && m_stream.multiplicities.empty() // the order of the missing would tell which of them a free slot took
                && fewObjectsAreFast() && Cache::Few::serves(m_capacity, atomic ? m_stream.largestEvent : 1))
                return atomic ? runFew(stop, curve) : serveFew<true>(m_stream.fixedSize, stop, curve);
        }
        for (std::uint64_t i = 0; i < m_stream.numEvents; ++i) {
            if (i % 4096 == 0 && stop.stop_requested())
                break;
            begin(i);
            serve(i);
        }
        m_recorder.takeInto(curve);
    }

    void begin(std::uint64_t i) override
    {
        if (m_recorder.begin(i))
            m_cache.clear();
    }
    bool holds(std::uint32_t object) const override { return m_cache.holds(object); }
    void serve(std::uint64_t i) override
    {
        if (i < m_preloadEvents)
            m_recorder.end(preload(m_stream.event(i)));
        else if (m_contract.service == Service::Atomic)
            m_recorder.end(atomic(m_stream.event(i)));
        else
            m_recorder.end(sequential(m_order.of(i, [this](auto object) { return m_cache.holds(object); })));
    }
    std::vector<Counters> take() override { return m_recorder.take(); }

private:
    static constexpr bool kKeepsBest
        = requires(Cache& cache, std::span<const std::uint32_t> objects) { cache.keepBest(objects); };

    static constexpr bool kHasFew = requires { typename Cache::Few; };

    void runFew(const std::stop_token& stop, PoolCurve& curve)
    {
        const auto ofSize = [&]<std::uint32_t Size>() {
            serveFew<false>(std::integral_constant<std::uint32_t, Size>(), stop, curve);
        };
        switch (m_stream.fixedSize) {
        case 2:
            return ofSize.template operator()<2>();
        case 4:
            return ofSize.template operator()<4>();
        case 6:
            return ofSize.template operator()<6>();
        case 8:
            return ofSize.template operator()<8>();
        default:
            return serveFew<false>(m_stream.fixedSize, stop, curve);
        }
    }
    /// size: of all events, a constant or a number; or a number that is set for each.
    template <bool OneByOne, typename Size>
    ES_BITS_ENTRY void serveFew(Size size, const std::stop_token& stop, PoolCurve& curve)
    {
        typename Cache::Few cache(m_capacity);
        std::uint64_t known = 0; // objects asked for before
        std::uint32_t slots = 0;
        std::uint8_t counts[256];
        for (std::uint64_t i = 0; i < m_stream.numEvents;) {
            if (stop.stop_requested())
                break;
            const std::uint64_t end = std::min<std::uint64_t>(i + 256, m_stream.numEvents);
            std::uint32_t n = 0, count = 0;
            std::uint64_t fresh = 0;
            const std::uint32_t* objects = m_stream.objects.data() + m_stream.firstRequest(i);
            for (; i < end; ++i, objects += size) {
                if constexpr (std::is_integral_v<Size>)
                    size = static_cast<std::uint32_t>(m_stream.event(i).size());
                std::uint64_t event = 0;
                for (std::uint32_t r = 0; r < size; ++r)
                    event |= bitOf(objects[r]);
                if constexpr (OneByOne) {
                    count = 0;
                    for (const std::uint32_t object : m_order.of(i, [&](auto each) { return cache.holds(each); }))
                        count += cache.serve(&object, std::integral_constant<std::uint32_t, 1>(), bitOf(object));
                } else {
                    count = cache.serve(objects, size, event);
                }
                fresh = event & ~known;
                if (fresh)
                    break;
                counts[n++] = static_cast<std::uint8_t>(count);
            }
            m_recorder.eventsOfKnown(i - n, counts, n);
            if (i == end)
                continue;
            known |= fresh;
            m_recorder.begin(i);
            for (std::uint32_t r = size; r-- > 0;) {
                if (fresh >> objects[r] & 1)
                    m_recorder.miss(objects[r]);
            }
            m_recorder.missesOfKnown(count - sizeOf(fresh));
            const std::uint32_t free = std::min(count, m_capacity - slots);
            slots += free;
            m_recorder.end(count - free, size);
            ++i;
        }
        m_recorder.takeInto(curve);
    }

    // They return the number of evictions. Apart, so that each has the processor's registers for itself.

    [[gnu::noinline]] std::uint32_t preload(std::span<const std::uint32_t> objects)
    {
        std::uint32_t evictions = 0;
        if (!objects.empty() || m_contract.service == Service::Atomic)
            nextUnit();
        for (const std::uint32_t object : objects) {
            m_recorder.miss(object);
            m_preloaded.push_back(object);
            const bool full = m_preloaded.size() > m_capacity;
            const std::uint32_t leaving = full ? m_preloaded[m_preloaded.size() - 1 - m_capacity] : kNobody;
            m_cache.load(object, [leaving](std::uint32_t held) { return held != leaving; });
            evictions += full;
        }
        return evictions;
    }

    [[gnu::noinline]] std::uint32_t sequential(std::span<const std::uint32_t> objects)
    {
        std::uint32_t evictions = 0;
        for (const std::uint32_t object : objects) {
            nextUnit();
            if (m_cache.holds(object)) {
                m_cache.hit(object);
                continue;
            }
            m_recorder.miss(object);
            if constexpr (kKeepsBest) {
                if (m_contract.admission == Admission::Bypass) {
                    evictions += m_cache.keepBest(std::span(&object, 1));
                    continue;
                }
            }
            evictions += m_cache.load(object, NoPins()) != kNobody;
        }
        return evictions;
    }

    [[gnu::noinline]] std::uint32_t atomic(std::span<const std::uint32_t> objects)
    {
        nextUnit();
        // No branch a member: whether it is held is what a processor cannot guess.
        std::size_t missing = 0;
        for (const std::uint32_t object : objects) {
            m_missing[missing] = object;
            missing += !m_cache.holds(object);
        }
        m_recorder.misses(m_missing.data(), missing);
        if constexpr (kKeepsBest) {
            if (objects.size() > m_capacity || (missing && m_contract.admission == Admission::Bypass))
                return m_cache.keepBest(objects);
        }
        m_pins.release();
        std::uint32_t evictions = 0;
        if (objects.size() > m_capacity) {
            for (std::size_t r = 0; r < missing; ++r)
                m_pins.pin(m_missing[r]); // only to tell them from those who hit
            serveOverflow(m_cache, objects, std::span(m_missing).first(missing), m_pins,
                [&](std::uint32_t victim) { evictions += victim != kNobody && !m_pins(victim); });
            return evictions;
        }
        if (missing) {
            for (const std::uint32_t object : objects)
                m_pins.pin(object);
        }
        serveFitting(m_cache, objects, std::span(m_missing).first(missing), m_pins,
            [&](std::uint32_t victim) { evictions += victim != kNobody; });
        return evictions;
    }

    void nextUnit()
    {
        if constexpr (requires { m_cache.nextUnit(); })
            m_cache.nextUnit();
    }

    const EventStream& m_stream;
    const Contract& m_contract;
    const std::uint32_t m_capacity;
    const std::uint64_t m_preloadEvents;
    Recorder m_recorder;
    Cache m_cache;
    Pins m_pins;
    ServingOrder m_order;
    std::vector<std::uint32_t> m_missing, m_preloaded;
};

/// `Args`: what the cache's constructor takes behind the contract.
template <typename Cache, typename... Args> class OneSizePolicy final : public Policy
{
public:
    explicit OneSizePolicy(const Args&... args)
        : m_args(args...)
    {
    }
    PoolCurve replay(const EventStream& stream, const Contract& contract, std::span<const std::uint32_t> capacities,
        const std::stop_token& stop) const override
    {
        PoolCurve curve{{capacities.begin(), capacities.end()}, {}, {}};
        const std::size_t alone = numAlone(stream, contract, capacities); // the larger ones side by side
        for (const std::uint32_t capacity : capacities.first(alone)) {
            std::apply(
                [&](const Args&... args) {
                    OneSizeReplay<Cache>(stream, contract, capacity, args...).run(stop, curve);
                },
                m_args);
        }
        if constexpr (requires { typename Cache::Many; }) {
            std::size_t i = alone;
            if constexpr (requires { Cache::Many::bytes(stream); }) {
                const ServeBytes serve = Cache::Many::bytes(stream);
                for (; i < capacities.size() && servesBytes(serve, stream, contract, capacities[i]); i += kMostSizes)
                    replayBytes(serve, stream, contract,
                        capacities.subspan(i, std::min(kMostSizes, capacities.size() - i)), stop, curve);
                i = std::min(i, capacities.size());
            }
            if (i < capacities.size() && LastEventCache::serves(stream, contract, capacities[i]))
                ManySizesReplay<LastEventCache>(stream, contract, capacities.subspan(i++, 1)).run(stop, curve);
            for (; i < capacities.size(); i += kMostSizes) {
                const auto some = capacities.subspan(i, std::min(kMostSizes, capacities.size() - i));
                std::apply(
                    [&](const Args&... args) {
                        ManySizesReplay<typename Cache::Many>(stream, contract, some, args...).run(stop, curve);
                    },
                    m_args);
            }
        }
        return curve;
    }

private:
    /// How many are replayed one by one.
    static std::size_t numAlone(
        const EventStream& stream, const Contract& contract, std::span<const std::uint32_t> capacities)
    {
        std::size_t alone = capacities.size();
        if constexpr (requires { typename Cache::Many; }) {
            while (alone > 0 && servesAll<typename Cache::Many>(stream)
                && servesSideBySide(stream, contract, capacities[alone - 1]))
                --alone;
        }
        if constexpr (requires { typename Cache::Few; }) { // of few objects that is faster for so few sizes
            if (stream.numObjects() <= 64 && fewObjectsAreFast() && capacities.size() - alone < 4)
                alone = capacities.size();
        }
        return alone;
    }

    const std::tuple<Args...> m_args;
};

/// What these policies have in common.
template <typename Cache> PolicySpec oneSizePolicy(std::string name, std::string definition, std::string source)
{
    return {.name = std::move(name),
        .definition = std::move(definition),
        .source = std::move(source),
        .residentFirst = true,
        .make = [](const Parameters&) { return std::make_unique<OneSizePolicy<Cache>>(); },
        .capacitiesATask = kMostSizes,
        .makeCache = [](const Parameters&, const EventStream& stream, std::uint32_t capacity, const Contract& contract) {
            return std::make_unique<SteppedCacheOf<Cache>>(stream.numObjects(), capacity, contract);
        },
        .makeStepped = [](const Parameters&, const EventStream& stream, const Contract& contract, std::uint32_t capacity) {
            return std::make_unique<OneSizeReplay<Cache>>(stream, contract, capacity);
        }};
}

}
