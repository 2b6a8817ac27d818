// SPDX-License-Identifier: GPL-3.0-or-later
//
// Any cache of one size behind one interface, event by event: for replays in which more happens than the events of the
// stream, such as prefetching. Atomic, forced.
#pragma once

#include "analysis/simulation/events.h"
#include "analysis/simulation/one_size/atomic_service.h"
#include "analysis/simulation/one_size/object_lists.h"

#include <algorithm>
#include <vector>

namespace expertscope::simulation {

/// Whom a load must not evict: who is kept beyond `now`.
struct Kept
{
    const std::uint64_t* until; ///< [object]
    std::uint64_t now;
    bool operator()(std::uint32_t object) const { return until[object] > now; }
};

class SteppedCache
{
public:
    virtual ~SteppedCache() = default;
    /// An event. `missing`: those of `objects` that are not held, in the same order. If the event fits, all objects
    /// must be kept, and as many others as have to leave must not be. Appends who had to leave (of an event that does
    /// not fit: maybe who has just been loaded) to `evicted`.
    virtual void serve(std::span<const std::uint32_t> objects, std::span<const std::uint32_t> missing, const Kept& kept,
        std::vector<std::uint32_t>& evicted) = 0;
    /// Takes in an object that is not held, between events; whom it evicted, or kNobody. If full, somebody must not be
    /// kept.
    virtual std::uint32_t load(std::uint32_t object, const Kept& kept) = 0;
    /// Nobody is held any more; what is counted since the start goes on.
    virtual void clear() = 0;
};

/// `Cache`: see one_size_replay.h; a load between events is a load like any other to it.
template <typename Cache> class SteppedCacheOf final : public SteppedCache
{
public:
    template <typename... Args>
    SteppedCacheOf(std::uint32_t numObjects, std::uint32_t capacity, const Args&... args)
        : m_numObjects(numObjects)
        , m_capacity(capacity)
        , m_cache(numObjects, capacity, args...)
        , m_missing(numObjects)
    {
    }
    void serve(std::span<const std::uint32_t> objects, std::span<const std::uint32_t> missing, const Kept& kept,
        std::vector<std::uint32_t>& evicted) override
    {
        if constexpr (requires { m_cache.nextUnit(); })
            m_cache.nextUnit();
        const auto note = [&](std::uint32_t victim) {
            if (victim != kNobody)
                evicted.push_back(victim);
        };
        if (objects.size() <= m_capacity) {
            serveFitting(m_cache, objects, missing, kept, note);
            return;
        }
        if constexpr (requires { m_cache.keepBest(objects); }) {
            m_before.clear();
            for (std::uint32_t object = 0; object < m_numObjects; ++object) {
                if (m_cache.holds(object))
                    m_before.push_back(object);
            }
            m_before.insert(m_before.end(), missing.begin(), missing.end());
            m_cache.keepBest(objects);
            std::ranges::copy_if(
                m_before, std::back_inserter(evicted), [&](std::uint32_t object) { return !m_cache.holds(object); });
        } else {
            for (const std::uint32_t object : missing)
                m_missing[object] = 1;
            serveOverflow(
                m_cache, objects, missing, [&](std::uint32_t object) { return m_missing[object] != 0; }, note);
            for (const std::uint32_t object : missing)
                m_missing[object] = 0;
        }
    }
    std::uint32_t load(std::uint32_t object, const Kept& kept) override { return m_cache.load(object, kept); }
    void clear() override { m_cache.clear(); }

private:
    const std::uint32_t m_numObjects, m_capacity;
    Cache m_cache;
    std::vector<std::uint8_t> m_missing;
    std::vector<std::uint32_t> m_before;
};

}
