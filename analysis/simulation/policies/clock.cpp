// SPDX-License-Identifier: GPL-3.0-or-later
//
// CLOCK (Corbato 1968), also known as second chance: a hand goes round the slots; what was used since it passed is
// spared once. Loading does not count as use. The hand passes members of the event without a trace.
#include "analysis/simulation/one_size/one_size_replay.h"

namespace expertscope::simulation {

namespace {

class ClockCache
{
public:
    static constexpr bool kHitsAreMarks = true;

    ClockCache(std::uint32_t numObjects, std::uint32_t capacity, const Contract&)
        : m_slots(capacity)
        , m_held(numObjects)
        , m_used(numObjects)
    {
    }
    bool holds(std::uint32_t object) const { return m_held[object]; }
    void hit(std::uint32_t object) { m_used[object] = 1; }
    template <typename Pinned> std::uint32_t load(std::uint32_t object, const Pinned& pinned)
    {
        m_held[object] = 1;
        m_used[object] = 0;
        if (m_size < m_slots.size()) {
            m_slots[m_size++] = object;
            return kNobody;
        }
        for (;;) {
            const std::uint32_t at = m_hand, candidate = m_slots[at];
            m_hand = at + 1 == m_size ? 0 : at + 1;
            if (pinned(candidate))
                continue;
            if (!m_used[candidate]) {
                m_slots[at] = object;
                m_held[candidate] = 0;
                return candidate;
            }
            m_used[candidate] = 0;
        }
    }
    void clear()
    {
        std::ranges::fill(m_held, 0);
        m_size = m_hand = 0;
    }

private:
    std::vector<std::uint32_t> m_slots;
    std::vector<std::uint8_t> m_held, m_used;
    std::uint32_t m_size = 0, m_hand = 0;

public:
    class Few;
    class Many;
};

class ClockCache::Many
{
public:
    static ServeBytes bytes(const EventStream&) { return byteKernels().clock; }
    Many(std::uint32_t numObjects, std::span<const std::uint32_t> capacities, const Contract&)
        : m_held(numObjects)
        , m_used(numObjects)
    {
        for (const std::uint32_t capacity : capacities)
            m_caches.push_back({.slots = std::vector<std::uint32_t>(capacity)});
    }
    SizeSet held(std::uint32_t object) const { return m_held[object]; }
    void use(std::uint32_t object, SizeSet missing) { m_used[object] = ~missing; }
    template <typename Pinned> void load(std::uint32_t object, std::size_t size, const Pinned& pinned)
    {
        Cache& cache = m_caches[size];
        const auto end = static_cast<std::uint32_t>(cache.slots.size());
        if (cache.size < end) {
            cache.slots[cache.size++] = object;
            return;
        }
        std::uint32_t at = cache.hand, candidate = cache.slots[at];
        while (pinned(candidate) || (m_used[candidate] >> size & 1)) {
            m_used[candidate] &= pinned(candidate) ? ~SizeSet(0) : ~sizeBit(size);
            at = at + 1 == end ? 0 : at + 1;
            candidate = cache.slots[at];
        }
        cache.slots[at] = object;
        cache.hand = at + 1 == end ? 0 : at + 1;
        m_held[candidate] &= ~sizeBit(size);
    }
    void admit(std::uint32_t object, SizeSet missing) { m_held[object] |= missing; }
    void clear()
    {
        std::ranges::fill(m_held, SizeSet(0));
        for (Cache& cache : m_caches)
            cache.size = cache.hand = 0;
    }

private:
    struct Cache
    {
        std::vector<std::uint32_t> slots;
        std::uint32_t size = 0, hand = 0;
    };
    std::vector<SizeSet> m_held, m_used; ///< [object]
    std::vector<Cache> m_caches; ///< [size]
};

/// Slots are bits, in the order in which the hand comes to them where that is said. It takes those that were not used
/// in its first round and, if they are too few, in its second those that were. Free slots hold nobody and were not
/// used.
class ClockCache::Few
{
public:
    static bool serves(std::uint32_t capacity, std::uint32_t) { return capacity < 64; }
    explicit Few(std::uint32_t capacity)
        : m_capacity(capacity)
        , m_all(bitOf(capacity) - 1)
    {
    }
    bool holds(std::uint32_t object) const { return m_held >> object & 1; }
    template <typename Size> ES_BITS std::uint32_t serve(const std::uint32_t* objects, Size size, std::uint64_t event)
    {
        std::uint64_t pinned = 0, victims = 0;
        for (std::uint32_t r = 0; r < size; ++r)
            pinned |= (m_held >> objects[r] & 1) << m_slotOf[objects[r]];
        pinned = turned(pinned, m_hand);
        const std::uint64_t missing = event & ~m_held, slots = m_all & ~pinned, used = m_used | pinned;
        const std::uint32_t count = sizeOf(missing);
        std::uint64_t first = lowest(count, slots & ~used);
        const std::uint32_t more = count - sizeOf(first);
        std::uint64_t second = lowest(more, slots & used);
        const std::uint32_t steps = placeBehind(more ? second : first); // of the hand, in its last round
        const std::uint64_t passed = more ? slots : slots & (bitOf(steps) - 1);
        for (std::uint32_t r = size; r-- > 0;) { // who is not missing takes the slot that it has
            const std::uint64_t object = objects[r], misses = maskIf(missing >> object & 1);
            const std::uint64_t round = first ? first : second, taken = round & (0 - round) & misses;
            const std::uint64_t ahead = placeOfLowest(round) + m_hand;
            const std::uint64_t slot = chosen(misses, ahead - (ahead < m_capacity ? 0 : m_capacity), m_slotOf[object]);
            first &= ~taken;
            second &= ~taken;
            victims |= m_objectAt[slot];
            m_objectAt[slot] = bitOf(object);
            m_slotOf[object] = slot;
        }
        m_used = turned(used & ~passed, steps);
        m_hand += steps;
        m_hand -= m_hand < m_capacity ? 0 : m_capacity;
        m_held = (m_held & ~victims) | event;
        return count;
    }

private:
    ES_BITS std::uint64_t turned(std::uint64_t slots, std::uint32_t steps) const
    {
        return (slots >> steps | slots << (m_capacity - steps)) & m_all;
    }
    /// Behind the highest of the bits, which are not all; 0: there is none.
    ES_BITS static std::uint32_t placeBehind(std::uint64_t bits)
    {
        return 63u - static_cast<std::uint32_t>(__builtin_clzll(bits << 1 | 1));
    }

    const std::uint32_t m_capacity;
    const std::uint64_t m_all;
    std::uint64_t m_held = 0; ///< objects
    std::uint64_t m_used = 0; ///< slots, as the hand comes to them
    std::uint64_t m_objectAt[64] = {}; ///< a bit, 0: nobody
    std::uint64_t m_slotOf[64] = {};
    std::uint32_t m_hand = 0;
};

}

PolicySpec clockPolicy()
{
    return oneSizePolicy<ClockCache>("clock",
        "a hand goes round the slots: evicts the first that was not used since the hand passed it", "Corbato 1968");
}

}
