// SPDX-License-Identifier: GPL-3.0-or-later
//
// CLOCK (Corbato 1968), also known as second chance: a hand goes round the slots; what was used since it passed is
// spared once. Loading does not count as use. The hand passes members of the event without a trace.
#include "analysis/simulation/one_size_replay.h"

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
};

}

PolicySpec clockPolicy()
{
    return oneSizePolicy<ClockCache>("clock",
        "a hand goes round the slots: evicts the first that was not used since the hand passed it", "Corbato 1968");
}

}
