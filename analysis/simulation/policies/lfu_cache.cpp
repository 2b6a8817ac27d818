// SPDX-License-Identifier: GPL-3.0-or-later
//
// In-cache LFU: uses are counted while an object is resident (its load is the first) and forgotten when it leaves, which
// is why this is not a stack policy. `lfu` remembers all uses.
#include "analysis/simulation/many_sizes/queue.h"
#include "analysis/simulation/one_size/counted_cache.h"

namespace expertscope::simulation {

namespace {

struct FewestUses
{
    static constexpr bool kForgets = true;
    static int compare(std::uint64_t a, std::uint64_t, std::uint64_t b, std::uint64_t)
    {
        return a < b ? -1 : a > b;
    }
};

class LfuCache : public CountedCache<FewestUses>
{
public:
    using CountedCache::CountedCache;
    class Many;
};

/// Uses are the same for all sizes but for those that were counted before an object was loaded. Who was not used since it
/// was loaded waits in a queue; the others stand in the order of eviction, the first to go last, as it was when they were
/// placed there: uses only move an object away from the end, so it is enough to look at those that come to it.
class LfuCache::Many
{
public:
    static ServeBytes bytes(const EventStream&) { return byteKernels().lfuCache; }
    Many(std::uint32_t numObjects, std::span<const std::uint32_t> capacities, const Contract&)
        : m_held(numObjects)
        , m_uses(numObjects)
        , m_lastUse(numObjects)
        , m_before(capacities.size() * numObjects)
    {
        for (const std::uint32_t capacity : capacities) {
            m_caches.push_back({capacity, Queue(capacity), {}});
            m_caches.back().used.reserve(capacity);
        }
    }
    SizeSet held(std::uint32_t object) const { return m_held[object]; }
    void use(std::uint32_t object, SizeSet)
    {
        ++m_uses[object];
        m_lastUse[object] = ++m_now;
    }
    template <typename Pinned> void load(std::uint32_t object, std::size_t size, const Pinned& pinned)
    {
        Cache& cache = m_caches[size];
        if (cache.loaded.size() + cache.used.size() == cache.capacity)
            m_held[evict(cache, size, pinned)] &= ~sizeBit(size);
        before(object, size) = m_uses[object] - 1;
        cache.loaded.push(object);
    }
    void admit(std::uint32_t object, SizeSet missing) { m_held[object] |= missing; }
    void clear()
    {
        std::ranges::fill(m_held, SizeSet(0));
        for (Cache& cache : m_caches) {
            cache.loaded.clear();
            cache.used.clear();
        }
    }

private:
    struct Placed
    {
        std::uint32_t object, count;
        std::uint64_t use; ///< its last one
    };
    struct Cache
    {
        std::uint32_t capacity;
        Queue loaded;
        std::vector<Placed> used;
    };

    std::uint32_t& before(std::uint32_t object, std::size_t size) { return m_before[size * m_held.size() + object]; }
    Placed placed(std::uint32_t object, std::size_t size)
    {
        return {object, m_uses[object] - before(object, size), m_lastUse[object]};
    }
    /// At place i, which is free, or nearer to the front: until nobody before it is to go sooner.
    static void place(std::vector<Placed>& objects, std::size_t i, const Placed& placed)
    {
        for (; i > 0; --i) {
            const Placed& other = objects[i - 1];
            if (other.count > placed.count || (other.count == placed.count && other.use > placed.use))
                break;
            objects[i] = other;
        }
        objects[i] = placed;
    }
    template <typename Pinned> std::uint32_t evict(Cache& cache, std::size_t size, const Pinned& pinned)
    {
        for (;;) {
            const std::uint32_t object = cache.loaded.takeOldestBut(pinned);
            if (object == kNobody)
                break;
            const Placed now = placed(object, size);
            if (now.count == 1)
                return object;
            cache.used.emplace_back();
            place(cache.used, cache.used.size() - 1, now);
        }
        for (std::size_t i = cache.used.size() - 1;;) {
            const Placed last = cache.used[i];
            if (pinned(last.object)) {
                --i;
            } else if (m_lastUse[last.object] == last.use) {
                cache.used.erase(cache.used.begin() + std::ptrdiff_t(i));
                return last.object;
            } else {
                place(cache.used, i, placed(last.object, size));
            }
        }
    }

    std::vector<SizeSet> m_held; ///< [object]
    std::vector<std::uint32_t> m_uses; ///< [object] since the start
    std::vector<std::uint64_t> m_lastUse; ///< [object]
    std::vector<std::uint32_t> m_before; ///< [size][object] uses before it was loaded
    std::vector<Cache> m_caches; ///< [size]
    std::uint64_t m_now = 0;
};

}

PolicySpec lfuCachePolicy()
{
    return countedPolicy<LfuCache>(
        "lfu_cache", "evicts what was used least since it was loaded; ties: longest ago", "libCacheSim, MoE-Infinity");
}

}
