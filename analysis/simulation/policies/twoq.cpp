// SPDX-License-Identifier: GPL-3.0-or-later
//
// 2Q, full version (Johnson and Shasha, VLDB 1994): A1in, a FIFO of what is new; A1out, a FIFO of names that left it;
// Am, an LRU list of what was asked for while in A1out. A use in A1in changes nothing. Who has to leave: the oldest of
// A1in if that holds more than Kin, else the least recent of Am (whose name is not kept).
// Sizes as the authors advise: Kin = capacity / 4, Kout = capacity / 2, rounded down. Kin may be 0: then A1in, which any
// newcomer enters, gives way before Am does. The name asked for leaves A1out before another may enter. Members of the
// event are passed; a list of nothing else, or an empty Am, leaves the eviction to the other.
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
