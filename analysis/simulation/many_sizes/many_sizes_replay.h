// SPDX-License-Identifier: GPL-3.0-or-later
//
// Caches of several sizes side by side, for policies that replay one capacity at a time. Who is where is a bit a size, so
// what a hit does is done to all sizes at once, and only what is loaded takes a step a size. Any number of objects.
//
// Sizes hold any unit (atomic: an event; sequential: a request) and admit all that they load. A cache's class Many:
//
//     Many(numObjects, capacities, contract)
//     SizeSet held(object)
//     void use(object, missing)         all of a unit before any load; missing: where it is not held
//     void load(object, size, pinned)   as of one size; whom it evicts is held there no more
//     void admit(object, missing)       after its loads: it is held there
//     void clear()                      as of one size
//
// or, if it has a way of its own to serve all sizes at once:
//
//     static bool serves(stream)
//     void serve(objects, pins, SizeSet* missing)   a unit; pins: none of them may be evicted. Sets where each was not held
//     void clear()
#pragma once

#include "analysis/simulation/many_sizes/sizes_recorder.h"
#include "analysis/simulation/one_size/atomic_service.h"
#include "analysis/simulation/serving_order.h"

#include <cstring>
#include <stop_token>

namespace expertscope::simulation {

/// Whom an event must not evict.
class Pins
{
public:
    explicit Pins(std::uint32_t numObjects)
        : m_unit(numObjects)
    {
    }
    bool operator()(std::uint32_t object) const { return m_unit[object] == m_now; }
    void release() { ++m_now; }
    void pin(std::uint32_t object) { m_unit[object] = m_now; }

private:
    std::vector<std::uint32_t> m_unit;
    std::uint32_t m_now = 1; ///< events are fewer than 2^32
};

/// Whether sizes from this one on can be replayed side by side. (In which order residents come first depends on the size;
/// what is preloaded has a service of its own.)
inline bool servesSideBySide(const EventStream& stream, const Contract& contract, std::uint32_t capacity)
{
    if (contract.admission != Admission::Forced || !contract.preload.empty())
        return false;
    return contract.service == Service::Atomic ? capacity >= stream.largestEvent : contract.order != Order::ResidentFirst;
}

/// As many slots as each event has objects: whatever the policy, they hold the last event.
class LastEventCache
{
public:
    static bool serves(const EventStream& stream, const Contract& contract, std::uint32_t capacity)
    {
        return contract.service == Service::Atomic && capacity == stream.fixedSize && capacity > 0;
    }
    LastEventCache(std::uint32_t numObjects, std::span<const std::uint32_t>, const Contract&)
        : m_last(numObjects)
    {
    }
    void serve(std::span<const std::uint32_t> objects, bool, SizeSet* missing)
    {
        for (std::size_t r = 0; r < objects.size(); ++r) {
            missing[r] = m_last[objects[r]] != m_now;
            m_last[objects[r]] = m_now + 1;
        }
        ++m_now;
    }
    void clear() { ++m_now; }

private:
    std::vector<std::uint32_t> m_last; ///< [object] event, + 1; events are fewer than 2^32
    std::uint32_t m_now = 1;
};

template <typename Many> bool servesAll(const EventStream& stream)
{
    if constexpr (requires { Many::serves(stream); })
        return Many::serves(stream);
    return true;
}

template <typename Many> class ManySizesReplay
{
public:
    template <typename... Args>
    ManySizesReplay(const EventStream& stream, const Contract& contract, std::span<const std::uint32_t> capacities,
        const Args&... args)
        : m_stream(stream)
        , m_contract(contract)
        , m_all(simulation::allSizes(capacities.size()))
        , m_capacities(clamped(capacities, stream.numObjects()))
        , m_caches(stream.numObjects(), m_capacities, contract, args...)
        , m_recorder(stream, contract, m_capacities)
        , m_missing(stream.largestEvent)
        , m_sizes(stream.largestEvent * capacities.size() + 8)
        , m_counts(stream.largestEvent)
    {
    }

    void run(const std::stop_token& stop, PoolCurve& curve)
    {
        const bool atomic = m_contract.service == Service::Atomic;
        ServingOrder order(m_stream, m_contract);
        Pins pins(m_stream.numObjects());
        for (std::uint64_t i = 0; i < m_stream.numEvents; ++i) {
            if (i % 4096 == 0 && stop.stop_requested())
                break;
            if (m_recorder.begin(i))
                m_caches.clear();
            std::span<const std::uint32_t> objects;
            if (atomic) {
                objects = m_stream.event(i);
                pins.release();
                for (const std::uint32_t object : objects)
                    pins.pin(object);
                serve(objects, m_missing.data(), pins);
            } else {
                objects = order.of(i, [](std::uint32_t) { return false; });
                for (std::size_t r = 0; r < objects.size(); ++r)
                    serve(objects.subspan(r, 1), m_missing.data() + r, NoPins());
            }
            m_recorder.end(objects, m_missing.data());
        }
        m_recorder.takeInto(curve);
    }

private:
    /// More slots than objects are never filled.
    static std::vector<std::uint32_t> clamped(std::span<const std::uint32_t> capacities, std::uint32_t numObjects)
    {
        std::vector<std::uint32_t> slots;
        for (const std::uint32_t capacity : capacities)
            slots.push_back(std::clamp(capacity, 1u, std::max(numObjects, 1u)));
        return slots;
    }

    /// A unit: the weakest router rank first.
    template <typename Pinned>
    void serve(std::span<const std::uint32_t> objects, SizeSet* missing, const Pinned& pinned)
    {
        if constexpr (requires { m_caches.serve(objects, true, missing); }) {
            m_caches.serve(objects, !std::is_same_v<Pinned, NoPins>, missing);
            for (std::size_t r = 0; r < objects.size(); r += 255)
                countLoads(missing + r, std::min<std::size_t>(objects.size() - r, 255));
        } else {
            load(objects, missing, pinned);
        }
    }

    /// Of at most 255 objects: eight sizes in a word, a byte each.
    void countLoads(const SizeSet* missing, std::size_t count)
    {
        std::uint16_t* const loads = m_recorder.loads();
        for (std::size_t shift = 0; shift < m_capacities.size(); shift += 8) {
            std::uint64_t sums = 0;
            for (std::size_t r = 0; r < count; ++r)
                sums += kSpreadByte[missing[r] >> shift & 0xFF];
            for (std::size_t size = shift; size < std::min(shift + 8, m_capacities.size()); ++size, sums >>= 8)
                loads[size] += static_cast<std::uint16_t>(sums & 0xFF);
        }
    }

    template <typename Pinned>
    void load(std::span<const std::uint32_t> objects, SizeSet* missing, const Pinned& pinned)
    {
        // What is to be loaded is listed first: how often a loop over the bits of a set goes round is anybody's guess.
        std::uint8_t* const sizes = m_sizes.data();
        std::uint32_t* const counts = m_counts.data();
        const unsigned numSizes = static_cast<unsigned>(m_capacities.size());
        std::size_t count = 0;
        for (std::size_t r = objects.size(); r-- > 0;) {
            const SizeSet where = m_all & ~m_caches.held(objects[r]);
            m_caches.use(objects[r], where);
            missing[r] = where;
            for (unsigned shift = 0; shift < numSizes; shift += 8) {
                const BitsOfByte& bits = kBitsOfByte[where >> shift & 0xFF];
                const std::uint64_t places = bits.places + shift * 0x0101010101010101u; // little-endian
                std::memcpy(sizes + count, &places, 8);
                count += bits.count;
            }
            counts[r] = static_cast<std::uint32_t>(count);
        }
        std::uint16_t* const loads = m_recorder.loads();
        std::size_t n = 0;
        for (std::size_t r = objects.size(); r-- > 0;) {
            const std::uint32_t object = objects[r];
            for (const std::size_t end = counts[r]; n < end; ++n) {
                const std::size_t size = sizes[n];
                ++loads[size];
                m_caches.load(object, size, pinned);
            }
            m_caches.admit(object, missing[r]);
        }
    }

    const EventStream& m_stream;
    const Contract& m_contract;
    const SizeSet m_all;
    const std::vector<std::uint32_t> m_capacities;
    Many m_caches;
    SizesRecorder m_recorder;
    std::vector<SizeSet> m_missing;
    std::vector<std::uint8_t> m_sizes; ///< where objects are to be loaded, the weakest first
    std::vector<std::uint32_t> m_counts; ///< [router rank] how many of these there are, up to this object's
};

}
