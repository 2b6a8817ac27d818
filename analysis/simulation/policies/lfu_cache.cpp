// SPDX-License-Identifier: GPL-3.0-or-later
//
// In-cache LFU: uses are counted while an object is resident (its load is the first) and forgotten when it leaves, which
// is why this is not a stack policy. `lfu` remembers all uses.
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

/// Uses are the same for all sizes but for those that were counted before an object was loaded. What is held stands in
/// the order of eviction, the first to go last, as it was when it was placed there: uses only move an object away from
/// the end, so it is enough to look at those that come to it.
class LfuCache::Many
{
public:
    Many(std::uint32_t numObjects, std::span<const std::uint32_t> capacities, const Contract&)
        : m_held(numObjects)
        , m_uses(numObjects)
        , m_lastUse(numObjects)
        , m_before(capacities.size() * numObjects)
    {
        for (const std::uint32_t capacity : capacities) {
            m_caches.push_back({capacity, {}});
            m_caches.back().objects.reserve(capacity);
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
        std::vector<Placed>& objects = m_caches[size].objects;
        if (objects.size() == m_caches[size].capacity)
            m_held[evict(objects, size, pinned)] &= ~sizeBit(size);
        before(object, size) = m_uses[object] - 1;
        objects.emplace_back();
        place(objects, objects.size() - 1, {object, 1, m_now});
    }
    void admit(std::uint32_t object, SizeSet missing) { m_held[object] |= missing; }
    void clear()
    {
        std::ranges::fill(m_held, SizeSet(0));
        for (Cache& cache : m_caches)
            cache.objects.clear();
    }

private:
    struct Placed
    {
        std::uint32_t object = 0, count = 0;
        std::uint64_t use = 0; ///< its last one
    };
    struct Cache
    {
        std::uint32_t capacity;
        std::vector<Placed> objects;
    };

    std::uint32_t& before(std::uint32_t object, std::size_t size) { return m_before[size * m_held.size() + object]; }
    /// From place i, which is free, towards the front until nobody before it is to go sooner.
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
    template <typename Pinned>
    std::uint32_t evict(std::vector<Placed>& objects, std::size_t size, const Pinned& pinned)
    {
        for (std::size_t i = objects.size() - 1;;) {
            const Placed last = objects[i];
            if (pinned(last.object)) {
                --i;
            } else if (m_lastUse[last.object] == last.use) {
                objects.erase(objects.begin() + std::ptrdiff_t(i));
                return last.object;
            } else {
                place(objects, i, {last.object, m_uses[last.object] - before(last.object, size), m_lastUse[last.object]});
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
