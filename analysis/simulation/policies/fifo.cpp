// SPDX-License-Identifier: GPL-3.0-or-later
//
// FIFO. A ring in the order of loading. Members of the event that are passed in search of a victim keep their age.
#include "analysis/simulation/one_size_replay.h"

#include <bit>
#include <utility>

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
};

/// Each load takes the next of 64 places; who is held is a bit there, so the oldest that is not pinned is found without
/// a guess. When the places are used up, those held move to the front.
class FifoCache::Few
{
public:
    static bool serves(std::uint32_t capacity, std::uint32_t largestEvent) { return capacity + largestEvent <= 48; }
    explicit Few(std::uint32_t capacity)
        : m_capacity(capacity)
    {
    }
    std::uint64_t held() const { return m_held; }
    std::uint32_t serve(
        std::span<const std::uint32_t> objects, std::uint64_t event, const std::uint32_t* missing, std::size_t count)
    {
        if (m_next + count > 64)
            closeUp();
        std::uint64_t pinned = 0, victims = 0, candidates = m_places;
        for (const std::uint32_t object : objects)
            pinned |= (m_held >> object & 1) << m_placeOf[object];
        candidates &= ~pinned;
        const auto free = std::min<std::size_t>(count, m_capacity - m_size);
        m_size += static_cast<std::uint32_t>(free);
        for (std::size_t j = free; j < count; ++j) {
            victims |= std::uint64_t(1) << m_objectAt[std::countr_zero(candidates)];
            candidates &= candidates - 1;
        }
        m_places = candidates | pinned;
        for (std::size_t j = 0; j < count; ++j)
            put(missing[j]);
        m_held = (m_held | event) & ~victims;
        return static_cast<std::uint32_t>(count - free);
    }

private:
    void put(std::uint32_t object)
    {
        m_places |= std::uint64_t(1) << m_next;
        m_objectAt[m_next] = static_cast<std::uint8_t>(object);
        m_placeOf[object] = static_cast<std::uint8_t>(m_next++);
    }
    void closeUp()
    {
        const std::uint64_t held = std::exchange(m_places, 0);
        m_next = 0;
        for (std::uint64_t bits = held; bits; bits &= bits - 1)
            put(m_objectAt[std::countr_zero(bits)]);
    }

    const std::uint32_t m_capacity;
    std::uint64_t m_held = 0; ///< objects
    std::uint64_t m_places = 0; ///< of those held
    std::uint8_t m_objectAt[64], m_placeOf[64] = {};
    std::uint32_t m_next = 0, m_size = 0;
};

}

PolicySpec fifoPolicy()
{
    return oneSizePolicy<FifoCache>("fifo", "evicts what was loaded longest ago", "Belady 1966");
}

}
