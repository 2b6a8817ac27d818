// SPDX-License-Identifier: GPL-3.0-or-later
//
// 2Q, full version (Johnson and Shasha, VLDB 1994): A1in, a FIFO of what is new; A1out, a FIFO of names that left it;
// Am, an LRU list of what was asked for while in A1out. A use in A1in changes nothing. Who has to leave: the oldest of
// A1in if that holds more than Kin, else the least recent of Am (whose name is not kept).
// Sizes as the authors advise: Kin = capacity / 4, Kout = capacity / 2, rounded down. Kin may be 0: then A1in, which any
// newcomer enters, gives way before Am does. The name asked for leaves A1out before another may enter. Members of the
// event are passed; a list of nothing else, or an empty Am, leaves the eviction to the other.
#include "analysis/simulation/many_sizes/queue.h"
#include "analysis/simulation/one_size/one_size_replay.h"

namespace expertscope::simulation {

namespace {

class TwoQCache
{
public:
    TwoQCache(std::uint32_t numObjects, std::uint32_t capacity, const Contract&)
        : m_capacity(capacity)
        , m_mostIn(capacity / 4)
        , m_mostOut(capacity / 2)
        , m_lists(numObjects)
    {
    }
    bool holds(std::uint32_t object) const { return m_lists.listOf(object) < kOut; }
    void hit(std::uint32_t object)
    {
        if (m_lists.listOf(object) == kAm)
            m_lists.moveTo(kAm, object);
    }
    template <typename Pinned> std::uint32_t load(std::uint32_t object, const Pinned& pinned)
    {
        std::uint32_t victim = kNobody;
        const bool known = m_lists.listOf(object) == kOut;
        if (known)
            m_lists.remove(object);
        if (m_lists.size(kIn) + m_lists.size(kAm) == m_capacity) {
            const std::uint32_t list = m_lists.size(kIn) > m_mostIn ? kIn : kAm;
            victim = m_lists.oldestBut(list, pinned);
            if (victim == kNobody)
                victim = m_lists.oldestBut(list == kIn ? kAm : kIn, pinned);
            evict(victim);
        }
        m_lists.append(known ? kAm : kIn, object);
        return victim;
    }
    void clear() { m_lists.clear(); }

private:
    enum : std::uint32_t
    {
        kIn,
        kAm,
        kOut,
        kNumLists
    };

    void evict(std::uint32_t victim)
    {
        if (m_lists.listOf(victim) == kAm) {
            m_lists.remove(victim);
            return;
        }
        m_lists.moveTo(kOut, victim);
        if (m_lists.size(kOut) > m_mostOut)
            m_lists.remove(m_lists.oldest(kOut));
    }

    const std::uint32_t m_capacity, m_mostIn, m_mostOut;
    ObjectLists<kNumLists> m_lists;

public:
    class Many;
};

class TwoQCache::Many
{
public:
    static ServeBytes bytes(const EventStream&) { return byteKernels().twoQ; }
    Many(std::uint32_t numObjects, std::span<const std::uint32_t> capacities, const Contract& contract)
        : m_objects(numObjects)
    {
        for (const std::uint32_t capacity : capacities) {
            const TwoQCache sizes(0, capacity, contract);
            m_caches.push_back(
                {capacity, sizes.m_mostIn, sizes.m_mostOut, 0, Queue(capacity), ObjectLists<2>(numObjects)});
        }
    }
    SizeSet held(std::uint32_t object) const { return m_objects[object].in | m_objects[object].am; }
    void use(std::uint32_t, SizeSet) { }
    template <typename Pinned> void load(std::uint32_t object, std::size_t size, const Pinned& pinned)
    {
        Cache& cache = m_caches[size];
        const SizeSet bit = sizeBit(size), known = m_objects[object].out & bit;
        if (known) {
            m_objects[object].out ^= bit;
            cache.lists.remove(object);
        }
        if (cache.in.size() + cache.am == cache.capacity) {
            if (cache.in.size() > cache.mostIn)
                evictIn(cache, size, pinned) || evictAm(cache, size, pinned);
            else
                evictAm(cache, size, pinned) || evictIn(cache, size, pinned);
        }
        if (known) {
            m_objects[object].am |= bit;
            ++cache.am;
        } else {
            m_objects[object].in |= bit;
            cache.in.push(object);
        }
    }
    /// Uses in Am count in the order of the unit, whether the object was there before.
    void admit(std::uint32_t object, SizeSet missing)
    {
        const SizeSet am = m_objects[object].am;
        forEachSize(am & ~missing, [&](std::size_t size) { m_caches[size].lists.moveTo(kAgain, object); });
        forEachSize(am & missing, [&](std::size_t size) { m_caches[size].lists.append(kAgain, object); });
    }
    void clear()
    {
        std::ranges::fill(m_objects, Object{});
        for (Cache& cache : m_caches) {
            cache.am = 0;
            cache.in.clear();
            cache.lists.clear();
        }
    }

private:
    enum : std::uint32_t
    {
        kAgain,
        kNames
    };
    struct Object
    {
        SizeSet in = 0, am = 0, out = 0;
    };
    struct Cache
    {
        std::uint32_t capacity, mostIn, mostOut, am; ///< am: objects in Am
        Queue in;
        ObjectLists<2> lists; ///< Am, A1out
    };

    /// False: all are pinned.
    template <typename Pinned> bool evictIn(Cache& cache, std::size_t size, const Pinned& pinned)
    {
        const std::uint32_t victim = cache.in.takeOldestBut(pinned);
        if (victim == kNobody)
            return false;
        const SizeSet bit = sizeBit(size);
        m_objects[victim].in ^= bit;
        m_objects[victim].out ^= bit;
        cache.lists.append(kNames, victim);
        if (cache.lists.size(kNames) > cache.mostOut) {
            const std::uint32_t oldest = cache.lists.oldest(kNames);
            m_objects[oldest].out ^= bit;
            cache.lists.remove(oldest);
        }
        return true;
    }
    template <typename Pinned> bool evictAm(Cache& cache, std::size_t size, const Pinned& pinned)
    {
        const std::uint32_t victim = cache.lists.oldestBut(kAgain, pinned);
        if (victim == kNobody)
            return false;
        m_objects[victim].am ^= sizeBit(size);
        cache.lists.remove(victim);
        --cache.am;
        return true;
    }

    std::vector<Object> m_objects;
    std::vector<Cache> m_caches; ///< [size]
};

}

PolicySpec twoqPolicy()
{
    return oneSizePolicy<TwoQCache>("twoq",
        "2Q: new ones in a FIFO of a quarter of the slots; the rest, by LRU, for what is asked for again soon after it "
        "left that FIFO",
        "Johnson and Shasha, VLDB 1994");
}

}
