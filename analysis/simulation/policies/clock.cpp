// SPDX-License-Identifier: GPL-3.0-or-later
//
// CLOCK (Corbato 1968), also known as second chance: a hand goes round the slots; what was used since it passed is
// spared once. Loading does not count as use. The hand passes members of the event without a trace.
#include "analysis/simulation/one_size_replay.h"

#include <bit>

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
};

/// Slots are bits: no step of the hand is a guess.
class ClockCache::Few
{
public:
    static bool serves(std::uint32_t, std::uint32_t) { return true; }
    explicit Few(std::uint32_t capacity)
        : m_capacity(capacity)
    {
    }
    std::uint64_t held() const { return m_held; }
    std::uint32_t serve(
        std::span<const std::uint32_t> objects, std::uint64_t event, const std::uint32_t* missing, std::size_t count)
    {
        std::uint64_t pinned = 0; // slots
        for (const std::uint32_t object : objects)
            pinned |= (m_held >> object & 1) << m_slotOf[object];
        m_used |= pinned;
        const auto free = std::min<std::size_t>(count, m_capacity - m_size);
        for (std::size_t j = 0; j < free; ++j, ++m_size) {
            put(missing[j], m_size);
            pinned |= std::uint64_t(1) << m_size;
        }
        std::uint64_t victims = 0;
        for (std::size_t j = free; j < count; ++j) {
            const std::uint64_t slots = ~std::uint64_t(0) >> (64 - m_size) & ~pinned,
                                ahead = ~std::uint64_t(0) << m_hand;
            if (!(slots & ~m_used)) // the hand goes all the way round
                m_used &= ~slots;
            const std::uint64_t candidates = slots & ~m_used;
            const bool wraps = !(candidates & ahead);
            const auto slot = static_cast<std::uint32_t>(std::countr_zero(wraps ? candidates : candidates & ahead));
            const std::uint64_t before = (std::uint64_t(1) << slot) - 1;
            m_used &= ~(slots & (wraps ? ahead | before : ahead & before));
            victims |= std::uint64_t(1) << m_slots[slot];
            put(missing[j], slot);
            pinned |= std::uint64_t(1) << slot;
            m_hand = slot + 1 == m_size ? 0 : slot + 1;
        }
        m_held = (m_held | event) & ~victims;
        return static_cast<std::uint32_t>(count - free);
    }

private:
    void put(std::uint32_t object, std::uint32_t slot)
    {
        m_slots[slot] = static_cast<std::uint8_t>(object);
        m_slotOf[object] = static_cast<std::uint8_t>(slot);
    }

    const std::uint32_t m_capacity;
    std::uint8_t m_slots[64], m_slotOf[64] = {};
    std::uint64_t m_held = 0, m_used = 0; ///< objects; slots
    std::uint32_t m_size = 0, m_hand = 0;
};

}

PolicySpec clockPolicy()
{
    return oneSizePolicy<ClockCache>("clock",
        "a hand goes round the slots: evicts the first that was not used since the hand passed it", "Corbato 1968");
}

}
