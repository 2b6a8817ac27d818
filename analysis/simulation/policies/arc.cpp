// SPDX-License-Identifier: GPL-3.0-or-later
//
// ARC (Megiddo and Modha, FAST 2003; their figure 4): T1 holds what was used once, T2 what was used again, B1 and B2 the
// names that left them, all by recency. The share p of T1 grows when a name of B1 is asked for and shrinks for B2.
// p is a real number, as there. T1 and T2 share the slots as they come, so any capacity from 1 on works: no segment has
// a size that could round to 0. Members of the event are passed; a list of nothing else leaves the eviction to the other.
#include "analysis/simulation/kernels/arc_kernels.h"
#include "analysis/simulation/one_size/one_size_replay.h"

#include <utility>

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

public:
    class Few;
    class Many;
};

/// Sizes in lanes (arc_kernels.h).
class ArcCache::Many
{
public:
    static bool serves(const EventStream& stream) { return stream.numObjects() <= 512; } // more take too many words
    Many(std::uint32_t numObjects, std::span<const std::uint32_t> capacities, const Contract&)
        : m_placeOf(numObjects, kNobody)
        , m_objectAt((numObjects + std::max<std::size_t>(capacities.front(), 64) + 63) / 64 * 64) // and an event
        , m_taken(m_objectAt.size() / 64)
        , m_pinned(m_taken.size())
    {
        const std::size_t lanes = m_kernels.lanes, groups = (capacities.size() + lanes - 1) / lanes;
        m_places.resize((groups * lanes * kArcLists * m_taken.size() + 7) / 8);
        m_sizes.resize((groups * lanes * kArcLists + 7) / 8);
        m_shares.resize((groups * lanes + 7) / 8);
        m_capacities.resize(m_shares.size());
        std::ranges::copy(capacities, m_capacities.front().values);
        m_state = {static_cast<std::uint32_t>(groups), static_cast<std::uint32_t>(m_taken.size()),
            m_places.front().values, m_sizes.front().values, m_shares.front().values, m_capacities.front().values};
    }
    void serve(std::span<const std::uint32_t> objects, bool pins, SizeSet* missing)
    {
        if (m_next + objects.size() > m_objectAt.size())
            closeUp();
        std::ranges::fill(m_pinned, 0u);
        for (const std::uint32_t object : objects.first(pins ? objects.size() : 0)) {
            if (const std::uint32_t place = m_placeOf[object]; place != kNobody)
                m_pinned[place / 64] |= bitOf(place % 64);
        }
        for (std::size_t r = objects.size(); r-- > 0;) {
            const std::uint32_t from = m_placeOf[objects[r]], to = m_next++;
            missing[r] = m_kernels.use(m_state, from, to, m_pinned.data());
            if (from != kNobody)
                m_taken[from / 64] &= ~bitOf(from % 64);
            m_taken[to / 64] |= bitOf(to % 64);
            m_pinned[to / 64] |= pins ? bitOf(to % 64) : 0;
            m_placeOf[objects[r]] = to;
            m_objectAt[to] = objects[r];
        }
    }
    void clear()
    {
        std::ranges::fill(m_places, Line<std::uint64_t>{});
        std::ranges::fill(m_sizes, Line<double>{});
        std::ranges::fill(m_shares, Line<double>{});
    }

private:
    template <typename T> struct alignas(64) Line
    {
        T values[8];
    };

    void closeUp()
    {
        m_kernels.closeUp(m_state, m_taken.data());
        m_next = 0;
        for (std::size_t word = 0; word < m_taken.size(); ++word) {
            for (std::uint64_t rest = std::exchange(m_taken[word], 0); rest; rest &= rest - 1) {
                const std::uint32_t object = m_objectAt[word * 64 + std::size_t(std::countr_zero(rest))];
                m_objectAt[m_next] = object;
                m_placeOf[object] = m_next++;
            }
        }
        for (std::uint32_t place = 0; place < m_next; ++place)
            m_taken[place / 64] |= bitOf(place % 64);
    }

    const ArcKernels& m_kernels = arcKernels();
    std::vector<std::uint32_t> m_placeOf, m_objectAt;
    std::vector<std::uint64_t> m_taken, m_pinned; ///< places, a bit each
    std::vector<Line<std::uint64_t>> m_places;
    std::vector<Line<double>> m_sizes, m_shares, m_capacities;
    ArcState m_state;
    std::uint32_t m_next = 0; ///< place
};

/// Each use takes the next of 64 places, so all lists are sets of places, ordered by them: who is evicted from T1 or T2
/// is the oldest there but for members of the event, which have new places at its end, so B1 and B2 are in that order
/// too. When the places are used up, those that have a name move to the front.
class ArcCache::Few
{
public:
    static bool serves(std::uint32_t capacity, std::uint32_t largestEvent) { return 2 * capacity + largestEvent <= 56; }
    explicit Few(std::uint32_t capacity)
        : m_capacity(capacity)
    {
    }
    bool holds(std::uint32_t object) const { return m_held >> object & 1; }
    template <typename Size> ES_BITS std::uint32_t serve(const std::uint32_t* objects, Size size, std::uint64_t event)
    {
        if (m_next + size >= 64)
            closeUpAll();
        const std::uint64_t missing = event & ~m_held;
        // In the order of service: places before (of those held: their own and all before) and who is missing.
        std::uint64_t names[64], held[65], waiting = 0;
        held[0] = 0;
        for (std::uint32_t i = 0; i < size; ++i) {
            const std::uint64_t object = objects[size - 1 - i], misses = missing >> object & 1;
            names[i] = (m_named >> object & 1) << m_placeOf[object];
            held[i + 1] = held[i] | (names[i] & (misses - 1));
            waiting |= misses << i;
            m_objectAt[m_next + i] = bitOf(object);
            m_placeOf[object] = m_next + i;
        }
        m_candidates = (bitOf(m_next) - 1) & ~held[size];
        m_left = m_forgotten = 0;
        const std::uint64_t used = (~waiting & (bitOf(size) - 1)) << m_next;
        for (std::uint64_t rest = waiting; rest; rest &= rest - 1) {
            const std::uint64_t i = placeOfLowest(rest), now = bitOf(m_next + i);
            m_once &= ~held[i];
            m_again = (m_again & ~held[i]) | (used & (now - 1));
            load(names[i], now);
        }
        m_once &= ~held[size];
        m_again = (m_again & ~held[size]) | used;
        m_next += size;
        m_held = (m_held & ~m_left) | event;
        m_named = (m_named & ~m_forgotten) | event;
        return sizeOf(missing);
    }

private:
    ES_BITS void load(std::uint64_t name, std::uint64_t now)
    {
        const std::uint32_t b1 = sizeOf(m_onceLeft), b2 = sizeOf(m_againLeft), t1 = sizeOf(m_once);
        if (name & m_onceLeft) {
            m_share = std::min(m_share + std::max(double(b2) / double(b1), 1.0), double(m_capacity));
            replace(t1, false);
            m_onceLeft ^= name;
            m_again |= now;
            return;
        }
        if (name & m_againLeft) {
            m_share = std::max(m_share - std::max(double(b1) / double(b2), 1.0), 0.0);
            replace(t1, true);
            m_againLeft ^= name;
            m_again |= now;
            return;
        }
        const std::uint32_t all = t1 + b1 + b2 + sizeOf(m_again);
        if (t1 == m_capacity) {
            const std::uint64_t victim = m_once & m_candidates, place = victim & (0 - victim);
            m_left |= m_objectAt[placeOfLowest(place)];
            m_forgotten |= m_objectAt[placeOfLowest(place)];
            m_once ^= place;
        } else {
            if (t1 + b1 == m_capacity)
                forgetOldest(m_onceLeft);
            else if (all == 2 * m_capacity)
                forgetOldest(m_againLeft);
            if (all >= m_capacity)
                replace(t1, false);
        }
        m_once |= now;
    }
    ES_BITS void replace(std::uint32_t t1, bool forB2)
    {
        const double size = t1;
        const bool once = size > 0 && (size > m_share || (forB2 && size == m_share));
        const std::uint64_t preferred = (once ? m_once : m_again) & m_candidates;
        const std::uint64_t victims = preferred ? preferred : (once ? m_again : m_once) & m_candidates;
        const std::uint64_t place = victims & (0 - victims);
        m_left |= m_objectAt[placeOfLowest(place)];
        m_onceLeft |= m_once & place;
        m_againLeft |= m_again & place;
        m_once &= ~place;
        m_again &= ~place;
    }
    ES_BITS void forgetOldest(std::uint64_t& list)
    {
        m_forgotten |= m_objectAt[placeOfLowest(list)];
        list &= list - 1;
    }
    ES_BITS void closeUpAll()
    {
        const std::uint64_t places = m_once | m_again | m_onceLeft | m_againLeft;
        m_once = closedUp(m_once, places);
        m_again = closedUp(m_again, places);
        m_onceLeft = closedUp(m_onceLeft, places);
        m_againLeft = closedUp(m_againLeft, places);
        m_next = closeUp(places, m_objectAt, m_placeOf);
    }

    const std::uint32_t m_capacity;
    std::uint64_t m_once = 0, m_again = 0, m_onceLeft = 0, m_againLeft = 0; ///< T1, T2, B1, B2
    std::uint64_t m_candidates = 0; ///< places of who may be evicted, if still held
    std::uint64_t m_left = 0, m_forgotten = 0; ///< objects: in this event evicted; no longer in a list
    std::uint64_t m_held = 0, m_named = 0; ///< objects: held; in a list
    std::uint64_t m_objectAt[65] = {}; ///< a bit; the last one is no place
    std::uint64_t m_placeOf[64] = {};
    std::uint32_t m_next = 0;
    double m_share = 0; ///< p
};

}

PolicySpec arcPolicy()
{
    return oneSizePolicy<ArcCache>("arc",
        "one LRU list for what was used once, one for the rest; names of the evicted tell which deserves more slots",
        "Megiddo and Modha, FAST 2003");
}

}
