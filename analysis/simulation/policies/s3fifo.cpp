// SPDX-License-Identifier: GPL-3.0-or-later
//
// S3-FIFO (Yang et al., SOSP 2023): a small queue for what is new, a main queue for what was used again, and a ghost
// queue of names that left the small one. Uses are counted up to 3 and forgotten in moving from small to main.
//   small holds its share or more: its oldest goes to main if it was used more than once (and the next is looked at), to
//     the ghosts if not; if main overflows by that, or small is exhausted, main evicts instead.
//   main: the oldest that was not used leaves; those before it lose one use and go to the newest end.
// Sizes: small = `small` x capacity, rounded down, but at least 1; main = the rest, and as many ghosts, at least 1. So it
// works from capacity 1 on. Members of the event are passed as if they were not there; a queue of nothing else leaves
// the eviction to the other.
#include "analysis/simulation/many_sizes/queue.h"
#include "analysis/simulation/one_size/one_size_replay.h"

namespace expertscope::simulation {

namespace {

class S3FifoCache
{
public:
    static constexpr bool kHitsAreMarks = true;

    S3FifoCache(std::uint32_t numObjects, std::uint32_t capacity, const Contract&, double smallShare)
        : m_capacity(capacity)
        , m_smallSize(std::clamp(static_cast<std::uint32_t>(double(capacity) * smallShare), 1u, capacity))
        , m_mainSize(std::max(capacity - m_smallSize, 1u))
        , m_lists(numObjects)
        , m_uses(numObjects)
    {
    }
    bool holds(std::uint32_t object) const { return m_lists.listOf(object) < kGhosts; }
    void hit(std::uint32_t object) { m_uses[object] = static_cast<std::uint8_t>(std::min(m_uses[object] + 1, 3)); }
    template <typename Pinned> std::uint32_t load(std::uint32_t object, const Pinned& pinned)
    {
        std::uint32_t victim = kNobody;
        const bool known = m_lists.listOf(object) == kGhosts;
        if (known)
            m_lists.remove(object);
        if (m_lists.size(kSmall) + m_lists.size(kMain) == m_capacity) {
            if (m_lists.size(kSmall) >= m_smallSize)
                victim = evictSmall(pinned);
            if (victim == kNobody)
                victim = evictMain(pinned);
            if (victim == kNobody) // members of the event fill the main queue
                toGhosts(victim = m_lists.oldestBut(kSmall, pinned));
        }
        m_uses[object] = 0;
        m_lists.append(known ? kMain : kSmall, object);
        return victim;
    }
    void clear() { m_lists.clear(); }

private:
    enum : std::uint32_t
    {
        kSmall,
        kMain,
        kGhosts,
        kNumLists
    };

    template <typename Pinned> std::uint32_t evictSmall(const Pinned& pinned)
    {
        std::uint32_t candidate = m_lists.oldestBut(kSmall, pinned);
        while (candidate != kNobody) {
            if (m_uses[candidate] <= 1) {
                toGhosts(candidate);
                return candidate;
            }
            m_uses[candidate] = 0;
            m_lists.moveTo(kMain, candidate);
            if (m_lists.size(kMain) > m_mainSize)
                return kNobody; // main evicts
            candidate = m_lists.oldestBut(kSmall, pinned);
        }
        return kNobody;
    }
    template <typename Pinned> std::uint32_t evictMain(const Pinned& pinned)
    {
        std::uint32_t candidate = m_lists.oldestBut(kMain, pinned);
        while (candidate != kNobody && m_uses[candidate] > 0) {
            --m_uses[candidate];
            m_lists.moveTo(kMain, candidate);
            candidate = m_lists.oldestBut(kMain, pinned);
        }
        if (candidate != kNobody)
            m_lists.remove(candidate);
        return candidate;
    }
    void toGhosts(std::uint32_t object)
    {
        m_lists.moveTo(kGhosts, object);
        if (m_lists.size(kGhosts) > m_mainSize)
            m_lists.remove(m_lists.oldest(kGhosts));
    }

    const std::uint32_t m_capacity, m_smallSize, m_mainSize;
    ObjectLists<kNumLists> m_lists;
    std::vector<std::uint8_t> m_uses;

public:
    class Many;
};

class S3FifoCache::Many
{
public:
    Many(std::uint32_t numObjects, std::span<const std::uint32_t> capacities, const Contract& contract, double smallShare)
        : m_objects(numObjects)
    {
        for (const std::uint32_t capacity : capacities) {
            const S3FifoCache sizes(0, capacity, contract, smallShare);
            m_caches.push_back({capacity, sizes.m_smallSize, sizes.m_mainSize, Queue(capacity), Queue(capacity),
                ObjectLists<1>(numObjects)});
        }
    }
    SizeSet held(std::uint32_t object) const { return m_objects[object].held; }
    void use(std::uint32_t object, SizeSet missing)
    {
        Object& used = m_objects[object];
        const SizeSet carry = used.ones; // three stays three
        used.ones = (~used.ones | used.twos) & ~missing;
        used.twos = (used.twos | carry) & ~missing;
    }
    template <typename Pinned> void load(std::uint32_t object, std::size_t size, const Pinned& pinned)
    {
        Cache& cache = m_caches[size];
        const bool known = m_objects[object].ghost >> size & 1;
        if (known) {
            m_objects[object].ghost &= ~sizeBit(size);
            cache.ghosts.remove(object);
        }
        if (cache.small.size() + cache.main.size() == cache.capacity) {
            std::uint32_t victim = kNobody;
            if (cache.small.size() >= cache.smallSize)
                victim = evictSmall(cache, size, pinned);
            if (victim == kNobody)
                victim = evictMain(cache, size, pinned);
            if (victim == kNobody)
                toGhosts(cache, size, victim = cache.small.takeOldestBut(pinned));
            m_objects[victim].held &= ~sizeBit(size);
        }
        (known ? cache.main : cache.small).push(object);
    }
    void admit(std::uint32_t object, SizeSet missing) { m_objects[object].held |= missing; }
    void clear()
    {
        std::ranges::fill(m_objects, Object{});
        for (Cache& cache : m_caches) {
            cache.small.clear();
            cache.main.clear();
            cache.ghosts.clear();
        }
    }

private:
    struct Object
    {
        SizeSet held = 0, ghost = 0;
        SizeSet ones = 0, twos = 0; ///< digits of the number of uses
    };
    struct Cache
    {
        std::uint32_t capacity, smallSize, mainSize;
        Queue small, main;
        ObjectLists<1> ghosts;
    };

    template <typename Pinned> std::uint32_t evictSmall(Cache& cache, std::size_t size, const Pinned& pinned)
    {
        for (;;) {
            const std::uint32_t candidate = cache.small.takeOldestBut(pinned);
            if (candidate == kNobody)
                return kNobody;
            Object& used = m_objects[candidate];
            if (!(used.twos >> size & 1)) {
                toGhosts(cache, size, candidate);
                return candidate;
            }
            used.ones &= ~sizeBit(size);
            used.twos &= ~sizeBit(size);
            cache.main.push(candidate);
            if (cache.main.size() > cache.mainSize)
                return kNobody;
        }
    }
    template <typename Pinned> std::uint32_t evictMain(Cache& cache, std::size_t size, const Pinned& pinned)
    {
        for (;;) {
            const std::uint32_t candidate = cache.main.takeOldestBut(pinned);
            if (candidate == kNobody)
                return kNobody;
            Object& used = m_objects[candidate];
            const SizeSet bit = sizeBit(size);
            if (!((used.ones | used.twos) & bit))
                return candidate;
            used.twos ^= used.ones & bit ? 0 : bit;
            used.ones ^= bit;
            cache.main.push(candidate);
        }
    }
    void toGhosts(Cache& cache, std::size_t size, std::uint32_t object)
    {
        cache.ghosts.append(0, object);
        m_objects[object].ghost |= sizeBit(size);
        if (cache.ghosts.size(0) <= cache.mainSize)
            return;
        const std::uint32_t oldest = cache.ghosts.oldest(0);
        cache.ghosts.remove(oldest);
        m_objects[oldest].ghost &= ~sizeBit(size);
    }

    std::vector<Object> m_objects;
    std::vector<Cache> m_caches; ///< [size]
};

}

PolicySpec s3fifoPolicy()
{
    return {.name = "s3fifo",
        .definition = "a small queue for new ones, a main queue for those used again, and the names of those that left the "
                      "small one",
        .source = "Yang et al., SOSP 2023",
        .residentFirst = true,
        .params = {{.name = "small",
            .standard = "0.1",
            .meaning = "share of the slots that is the small queue's; it has at least 1",
            .least = 0,
            .most = 1}},
        .make = [](const Parameters& params) {
            return std::make_unique<OneSizePolicy<S3FifoCache, double>>(params.number("small"));
        },
        .capacitiesATask = kMostSizes,
        .makeCache =
            [](const Parameters& params, const EventStream& stream, std::uint32_t capacity, const Contract& contract) {
                return std::make_unique<SteppedCacheOf<S3FifoCache>>(
                    stream.numObjects(), capacity, contract, params.number("small"));
            },
        .makeStepped = [](const Parameters& params, const EventStream& stream, const Contract& contract,
                           std::uint32_t capacity) {
            return std::make_unique<OneSizeReplay<S3FifoCache>>(stream, contract, capacity, params.number("small"));
        }};
}

}
