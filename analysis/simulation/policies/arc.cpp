// SPDX-License-Identifier: GPL-3.0-or-later
//
// ARC (Megiddo and Modha, FAST 2003; their figure 4): T1 holds what was used once, T2 what was used again, B1 and B2 the
// names that left them, all by recency. The share p of T1 grows when a name of B1 is asked for and shrinks for B2.
// p is a real number, as there. T1 and T2 share the slots as they come, so any capacity from 1 on works: no segment has
// a size that could round to 0. Members of the event are passed; a list of nothing else leaves the eviction to the other.
#include "analysis/simulation/one_size_replay.h"

namespace expertscope::simulation {

namespace {

class ArcCache
{
public:
    ArcCache(std::uint32_t numObjects, std::uint32_t capacity, const Contract&)
        : m_capacity(capacity)
        , m_lists(numObjects)
    {
    }
    bool holds(std::uint32_t object) const { return m_lists.listOf(object) <= kT2; }
    void hit(std::uint32_t object) { m_lists.moveTo(kT2, object); }
    template <typename Pinned> std::uint32_t load(std::uint32_t object, const Pinned& pinned)
    {
        const double b1 = m_lists.size(kB1), b2 = m_lists.size(kB2);
        std::uint32_t victim = kNobody;
        switch (m_lists.listOf(object)) {
        case kB1:
            m_share = std::min(m_share + std::max(b2 / b1, 1.0), double(m_capacity));
            victim = replace(false, pinned);
            m_lists.moveTo(kT2, object);
            return victim;
        case kB2:
            m_share = std::max(m_share - std::max(b1 / b2, 1.0), 0.0);
            victim = replace(true, pinned);
            m_lists.moveTo(kT2, object);
            return victim;
        default:
            break;
        }
        const std::uint32_t once = m_lists.size(kT1) + m_lists.size(kB1);
        const std::uint32_t all = once + m_lists.size(kT2) + m_lists.size(kB2);
        if (once == m_capacity) {
            if (m_lists.size(kT1) < m_capacity) {
                m_lists.remove(m_lists.oldest(kB1));
                victim = replace(false, pinned);
            } else {
                victim = m_lists.oldestBut(kT1, pinned);
                m_lists.remove(victim);
            }
        } else if (all >= m_capacity) {
            if (all == 2 * m_capacity)
                m_lists.remove(m_lists.oldest(kB2));
            victim = replace(false, pinned);
        }
        m_lists.append(kT1, object);
        return victim;
    }
    void clear()
    {
        m_lists.clear();
        m_share = 0;
    }

private:
    enum : std::uint32_t
    {
        kT1,
        kT2,
        kB1,
        kB2,
        kNumLists
    };

    template <typename Pinned> std::uint32_t replace(bool forB2, const Pinned& pinned)
    {
        const double size = m_lists.size(kT1);
        const std::uint32_t list = size > 0 && (size > m_share || (forB2 && size == m_share)) ? kT1 : kT2;
        std::uint32_t victim = m_lists.oldestBut(list, pinned);
        if (victim == kNobody)
            victim = m_lists.oldestBut(list == kT1 ? kT2 : kT1, pinned);
        m_lists.moveTo(m_lists.listOf(victim) == kT1 ? kB1 : kB2, victim);
        return victim;
    }

    const std::uint32_t m_capacity;
    ObjectLists<kNumLists> m_lists;
    double m_share = 0; ///< p: how many slots T1 should have
};

}

PolicySpec arcPolicy()
{
    return oneSizePolicy<ArcCache>("arc",
        "one LRU list for what was used once, one for the rest; names of the evicted tell which deserves more slots",
        "Megiddo and Modha, FAST 2003");
}

}
