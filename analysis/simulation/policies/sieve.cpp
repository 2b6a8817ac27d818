// SPDX-License-Identifier: GPL-3.0-or-later
//
// SIEVE (Zhang et al., NSDI 2024): a queue in the order of loading and a hand that goes from old to new, clearing marks
// of use and evicting the first without one; unlike CLOCK's, new objects enter at the new end, wherever the hand is.
// The hand passes members of the event without a trace.
#include "analysis/simulation/one_size/one_size_replay.h"

namespace expertscope::simulation {

namespace {

class SieveCache
{
public:
    static constexpr bool kHitsAreMarks = true;

    SieveCache(std::uint32_t numObjects, std::uint32_t capacity, const Contract&)
        : m_capacity(capacity)
        , m_queue(numObjects)
        , m_used(numObjects)
    {
    }
    bool holds(std::uint32_t object) const { return m_queue.listOf(object) == 0; }
    void hit(std::uint32_t object) { m_used[object] = 1; }
    template <typename Pinned> std::uint32_t load(std::uint32_t object, const Pinned& pinned)
    {
        std::uint32_t victim = kNobody;
        if (m_queue.size(0) == m_capacity) {
            victim = m_hand == kNobody ? m_queue.oldest(0) : m_hand;
            while (pinned(victim) || m_used[victim]) {
                if (!pinned(victim))
                    m_used[victim] = 0;
                victim = m_queue.newer(victim);
                if (victim == kNobody)
                    victim = m_queue.oldest(0);
            }
            m_hand = m_queue.newer(victim);
            m_queue.remove(victim);
        }
        m_used[object] = 0;
        m_queue.append(0, object);
        return victim;
    }
    void clear()
    {
        m_queue.clear();
        m_hand = kNobody;
    }

private:
    const std::uint32_t m_capacity;
    ObjectLists<1> m_queue;
    std::vector<std::uint8_t> m_used;
    std::uint32_t m_hand = kNobody; ///< kNobody: past the newest, next is the oldest

public:
    class Many;
};

class SieveCache::Many
{
public:
    static ServeBytes bytes(const EventStream&) { return byteKernels().sieve; }
    Many(std::uint32_t numObjects, std::span<const std::uint32_t> capacities, const Contract&)
        : m_held(numObjects)
        , m_used(numObjects)
    {
        for (const std::uint32_t capacity : capacities)
            m_caches.push_back({capacity, ObjectLists<1>(numObjects)});
    }
    SizeSet held(std::uint32_t object) const { return m_held[object]; }
    void use(std::uint32_t object, SizeSet missing) { m_used[object] = ~missing; }
    template <typename Pinned> void load(std::uint32_t object, std::size_t size, const Pinned& pinned)
    {
        Cache& cache = m_caches[size];
        if (cache.queue.size(0) == cache.capacity) {
            std::uint32_t victim = cache.hand == kNobody ? cache.queue.oldest(0) : cache.hand;
            while (pinned(victim) || (m_used[victim] >> size & 1)) {
                m_used[victim] &= pinned(victim) ? ~SizeSet(0) : ~sizeBit(size);
                victim = cache.queue.newer(victim);
                if (victim == kNobody)
                    victim = cache.queue.oldest(0);
            }
            cache.hand = cache.queue.newer(victim);
            cache.queue.remove(victim);
            m_held[victim] &= ~sizeBit(size);
        }
        cache.queue.append(0, object);
    }
    void admit(std::uint32_t object, SizeSet missing) { m_held[object] |= missing; }
    void clear()
    {
        std::ranges::fill(m_held, SizeSet(0));
        for (Cache& cache : m_caches) {
            cache.queue.clear();
            cache.hand = kNobody;
        }
    }

private:
    struct Cache
    {
        std::uint32_t capacity;
        ObjectLists<1> queue;
        std::uint32_t hand = kNobody;
    };
    std::vector<SizeSet> m_held, m_used; ///< [object]
    std::vector<Cache> m_caches; ///< [size]
};

}

PolicySpec sievePolicy()
{
    return oneSizePolicy<SieveCache>("sieve",
        "a hand goes from old to new: evicts the first that was not used since the hand passed it; new ones enter at "
        "the new end",
        "Zhang et al., NSDI 2024");
}

}
