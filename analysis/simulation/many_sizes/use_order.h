// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/simulation/one_size/object_lists.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

namespace expertscope::simulation {

/// The order of last use, which is the same in caches of all sizes: each use takes the next place on a line, so a list by
/// recency is a set of objects, and who is in it does not move when one of them is used. Each list has a cursor, before
/// which nobody of it stands: it only goes on, so looking for the oldest takes constant time in the long run. When places
/// are used up, those taken close up.
class UseOrder
{
public:
    UseOrder(std::uint32_t numObjects, std::size_t numLists)
        : m_placeOf(numObjects, kNobody)
        , m_objectAt(std::max<std::size_t>(1024, (std::size_t(numObjects) * 8 + 63) / 64 * 64))
        , m_taken(m_objectAt.size() / 64 + 1)
        , m_cursors(numLists)
    {
    }
    /// It is now the most recent, in whichever lists it is. Who enters a list behind the cursor must have been used after
    /// all that were its oldest so far.
    void use(std::uint32_t object)
    {
        if (m_next == m_objectAt.size())
            closeUp();
        if (const std::uint32_t place = m_placeOf[object]; place != kNobody)
            m_taken[place / 64] &= ~(std::uint64_t(1) << place % 64);
        m_taken[m_next / 64] |= std::uint64_t(1) << m_next % 64;
        m_objectAt[m_next] = object;
        m_placeOf[object] = m_next++;
    }
    /// The object of a list, all of whose members were used, that is not pinned and was used longest ago; or kNobody.
    template <typename IsIn, typename Pinned>
    std::uint32_t oldestBut(std::size_t list, const IsIn& isIn, const Pinned& pinned)
    {
        std::uint32_t place = m_cursors[list];
        bool passing = true; // nobody of the list so far
        for (;; ++place) {
            std::uint64_t taken = m_taken[place / 64] >> place % 64;
            if (!taken) {
                for (place = place / 64 * 64 + 64; place < m_next && !m_taken[place / 64];)
                    place += 64;
                if (place >= m_next) {
                    if (passing)
                        m_cursors[list] = m_next;
                    return kNobody;
                }
                taken = m_taken[place / 64];
            }
            place += static_cast<std::uint32_t>(std::countr_zero(taken));
            const std::uint32_t object = m_objectAt[place];
            if (!isIn(object))
                continue;
            if (passing)
                m_cursors[list] = place;
            passing = false;
            if (!pinned(object))
                return object;
        }
    }

private:
    void closeUp()
    {
        std::vector<std::uint32_t> before(m_taken.size()); // [word] places taken
        std::uint32_t next = 0;
        for (std::size_t word = 0; word < m_taken.size(); ++word) {
            before[word] = next;
            for (std::uint64_t rest = m_taken[word]; rest; rest &= rest - 1) {
                const std::uint32_t object = m_objectAt[word * 64 + std::size_t(std::countr_zero(rest))];
                m_objectAt[next] = object;
                m_placeOf[object] = next++;
            }
        }
        for (std::uint32_t& cursor : m_cursors) {
            const std::uint64_t below = m_taken[cursor / 64] & ((std::uint64_t(1) << cursor % 64) - 1);
            cursor = before[cursor / 64] + static_cast<std::uint32_t>(std::popcount(below));
        }
        for (std::size_t word = 0; word < m_taken.size(); ++word) {
            const std::size_t begin = word * 64;
            m_taken[word] = next >= begin + 64 ? ~std::uint64_t(0)
                : next > begin                 ? (std::uint64_t(1) << (next - begin)) - 1
                                               : 0;
        }
        m_next = next;
    }

    std::vector<std::uint32_t> m_placeOf; ///< [object]
    std::vector<std::uint32_t> m_objectAt; ///< [place]
    std::vector<std::uint64_t> m_taken; ///< a bit a place; and a word that is none
    std::vector<std::uint32_t> m_cursors; ///< [list]
    std::uint32_t m_next = 0;
};

}
