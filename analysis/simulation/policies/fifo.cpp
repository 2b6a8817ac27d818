// SPDX-License-Identifier: GPL-3.0-or-later
//
// FIFO. A ring in the order of loading. Members of the event that are passed in search of a victim keep their age.
#include "analysis/simulation/many_sizes/queue.h"
#include "analysis/simulation/one_size/one_size_replay.h"

namespace expertscope::simulation {

namespace {

class FifoCache
{
public:
    static constexpr bool kHitsAreMarks = true;

    FifoCache(std::uint32_t numObjects, std::uint32_t capacity, const Contract&)
        : m_ring(capacity)
        , m_held(numObjects)
    {
    }
    bool holds(std::uint32_t object) const { return m_held[object]; }
    void hit(std::uint32_t) { }
    template <typename Pinned> std::uint32_t load(std::uint32_t object, const Pinned& pinned)
    {
        m_held[object] = 1;
        if (m_size < m_ring.size()) {
            m_ring[m_size++] = object;
            return kNobody;
        }
        // The oldest that is not pinned leaves; the pinned ones before it close up.
        std::uint32_t at = m_oldest;
        while (pinned(m_ring[at]))
            at = after(at);
        const std::uint32_t victim = m_ring[at];
        while (at != m_oldest) {
            const std::uint32_t before = at == 0 ? m_size - 1 : at - 1;
            m_ring[at] = m_ring[before];
            at = before;
        }
        m_ring[m_oldest] = object;
        m_oldest = after(m_oldest);
        m_held[victim] = 0;
        return victim;
    }
    void clear()
    {
        std::ranges::fill(m_held, 0);
        m_size = m_oldest = 0;
    }

private:
    std::uint32_t after(std::uint32_t at) const { return at + 1 == m_size ? 0 : at + 1; }

    std::vector<std::uint32_t> m_ring;
    std::vector<std::uint8_t> m_held;
    std::uint32_t m_size = 0, m_oldest = 0;

public:
    class Few;
    class Many;
};

class FifoCache::Many
{
public:
    static ServeBytes bytes(const EventStream&) { return byteKernels().fifo; }
    Many(std::uint32_t numObjects, std::span<const std::uint32_t> capacities, const Contract&)
        : m_held(numObjects)
    {
        for (const std::uint32_t capacity : capacities)
            m_caches.push_back({capacity, Queue(capacity)});
    }
    SizeSet held(std::uint32_t object) const { return m_held[object]; }
    void use(std::uint32_t, SizeSet) { }
    template <typename Pinned> void load(std::uint32_t object, std::size_t size, const Pinned& pinned)
    {
        Cache& cache = m_caches[size];
        if (cache.loaded.size() == cache.capacity)
            m_held[cache.loaded.takeOldestBut(pinned)] &= ~sizeBit(size);
        cache.loaded.push(object);
    }
    void admit(std::uint32_t object, SizeSet missing) { m_held[object] |= missing; }
    void clear()
    {
        std::ranges::fill(m_held, SizeSet(0));
        for (Cache& cache : m_caches)
            cache.loaded.clear();
    }

private:
    struct Cache
    {
        std::uint32_t capacity;
        Queue loaded;
    };
    std::vector<SizeSet> m_held; ///< [object]
    std::vector<Cache> m_caches; ///< [size]
};

/// Each load takes the next of 64 places; who is held is a bit there, so the oldest that are not pinned are the lowest.
/// When the places are used up, those held move to the front. Free slots are places that hold nobody.
class FifoCache::Few
{
public:
    static bool serves(std::uint32_t capacity, std::uint32_t largestEvent) { return capacity + largestEvent <= 48; }
    explicit Few(std::uint32_t capacity)
        : m_places(bitOf(capacity) - 1)
        , m_next(capacity)
    {
    }
    bool holds(std::uint32_t object) const { return m_held >> object & 1; }
    template <typename Size> ES_BITS std::uint32_t serve(const std::uint32_t* objects, Size size, std::uint64_t event)
    {
        if (m_next + size >= 64) {
            m_next = closeUp(m_places, m_objectAt, m_placeOf);
            m_places = bitOf(m_next) - 1;
        }
        std::uint64_t pinned = 0, victims = 0;
        for (std::uint32_t r = 0; r < size; ++r)
            pinned |= (m_held >> objects[r] & 1) << m_placeOf[objects[r]];
        const std::uint64_t missing = event & ~m_held;
        const std::uint32_t count = sizeOf(missing);
        const std::uint64_t leaving = lowest(count, m_places & ~pinned);
        std::uint64_t left = leaving;
        for (std::uint32_t r = 0; r < size; ++r) {
            victims |= m_objectAt[placeOfLowest(left)];
            left &= left - 1;
        }
        std::uint64_t next = m_next;
        for (std::uint32_t r = size; r-- > 0;) { // what is written of who is not missing does not last
            const std::uint64_t object = objects[r], misses = missing >> object & 1;
            m_objectAt[next] = bitOf(object);
            m_placeOf[object] = chosen(maskIf(misses), next, m_placeOf[object]);
            next += misses;
        }
        m_places = (m_places ^ leaving) | (bitOf(count) - 1) << m_next;
        m_next = static_cast<std::uint32_t>(next);
        m_held = (m_held ^ victims) | event;
        return count;
    }

private:
    std::uint64_t m_held = 0; ///< objects
    std::uint64_t m_places; ///< that are taken
    std::uint64_t m_objectAt[65] = {}; ///< a bit, 0: nobody; the last one is no place
    std::uint64_t m_placeOf[65] = {}; ///< the last one is nobody's
    std::uint32_t m_next;
};

}

PolicySpec fifoPolicy()
{
    return oneSizePolicy<FifoCache>("fifo", "evicts what was loaded longest ago", "Belady 1966");
}

}
