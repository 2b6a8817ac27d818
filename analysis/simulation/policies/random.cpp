// SPDX-License-Identifier: GPL-3.0-or-later
//
// Random: the floor that any policy should beat. Slots are drawn until one holds no member of the event; the new object
// takes that slot. Draws: splitmix64 from the contract's seed, anew for each pool and capacity, modulo the capacity.
#include "analysis/simulation/one_size/one_size_replay.h"
#include "io/base/splitmix.h"

namespace expertscope::simulation {

namespace {

class RandomCache
{
public:
    static constexpr bool kHitsAreMarks = true;

    RandomCache(std::uint32_t numObjects, std::uint32_t capacity, const Contract& contract)
        : m_slots(capacity)
        , m_held(numObjects)
        , m_random(contract.seed)
    {
    }
    bool holds(std::uint32_t object) const { return m_held[object]; }
    void hit(std::uint32_t) { }
    template <typename Pinned> std::uint32_t load(std::uint32_t object, const Pinned& pinned)
    {
        m_held[object] = 1;
        if (m_size < m_slots.size()) {
            m_slots[m_size++] = object;
            return kNobody;
        }
        std::uint32_t at;
        do
            at = static_cast<std::uint32_t>(m_random.next() % m_slots.size());
        while (pinned(m_slots[at]));
        const std::uint32_t victim = m_slots[at];
        m_slots[at] = object;
        m_held[victim] = 0;
        return victim;
    }
    /// The draws go on, so that sequences do not repeat each other's.
    void clear()
    {
        std::ranges::fill(m_held, 0);
        m_size = 0;
    }

private:
    std::vector<std::uint32_t> m_slots;
    std::vector<std::uint8_t> m_held;
    std::uint32_t m_size = 0;
    SplitMix m_random;

public:
    class Many;
};

class RandomCache::Many
{
public:
    Many(std::uint32_t numObjects, std::span<const std::uint32_t> capacities, const Contract& contract)
        : m_held(numObjects)
    {
        for (const std::uint32_t capacity : capacities)
            m_caches.push_back({std::vector<std::uint32_t>(capacity), 0, SplitMix(contract.seed)});
    }
    SizeSet held(std::uint32_t object) const { return m_held[object]; }
    void use(std::uint32_t, SizeSet) { }
    template <typename Pinned> void load(std::uint32_t object, std::size_t size, const Pinned& pinned)
    {
        Cache& cache = m_caches[size];
        if (cache.size < cache.slots.size()) {
            cache.slots[cache.size++] = object;
            return;
        }
        std::uint32_t at;
        do
            at = static_cast<std::uint32_t>(cache.random.next() % cache.slots.size());
        while (pinned(cache.slots[at]));
        m_held[cache.slots[at]] &= ~sizeBit(size);
        cache.slots[at] = object;
    }
    void admit(std::uint32_t object, SizeSet missing) { m_held[object] |= missing; }
    void clear()
    {
        std::ranges::fill(m_held, SizeSet(0));
        for (Cache& cache : m_caches)
            cache.size = 0;
    }

private:
    struct Cache
    {
        std::vector<std::uint32_t> slots;
        std::uint32_t size;
        SplitMix random;
    };
    std::vector<SizeSet> m_held; ///< [object]
    std::vector<Cache> m_caches; ///< [size]
};

}

PolicySpec randomPolicy()
{
    return oneSizePolicy<RandomCache>("random", "evicts any, drawn with the contract's seed", "");
}

}
