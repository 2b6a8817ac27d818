// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <vector>

namespace expertscope::simulation {

/// No object.
inline constexpr std::uint32_t kNobody = UINT32_MAX;

/// N queues of objects; an object is in one of them or in none. All operations but clear() take constant time.
template <std::uint32_t N> class ObjectLists
{
public:
    explicit ObjectLists(std::uint32_t numObjects)
        : m_numObjects(numObjects)
        , m_links(std::size_t(numObjects) + N)
        , m_list(numObjects)
    {
        clear();
    }
    void clear()
    {
        m_list.assign(m_numObjects, N);
        for (std::uint32_t list = 0; list < N; ++list) {
            m_links[end(list)] = {end(list), end(list)};
            m_sizes[list] = 0;
        }
    }
    /// N: in none.
    std::uint32_t listOf(std::uint32_t object) const { return m_list[object]; }
    std::uint32_t size(std::uint32_t list) const { return m_sizes[list]; }
    std::uint32_t oldest(std::uint32_t list) const { return valid(m_links[end(list)].newer); }
    /// kNobody: it was the newest.
    std::uint32_t newer(std::uint32_t object) const { return valid(m_links[object].newer); }
    /// To the newest end; the object was in no list.
    void append(std::uint32_t list, std::uint32_t object)
    {
        const std::uint32_t last = m_links[end(list)].older;
        m_links[object] = {last, end(list)};
        m_links[last].newer = object;
        m_links[end(list)].older = object;
        m_list[object] = static_cast<std::uint8_t>(list);
        ++m_sizes[list];
    }
    void remove(std::uint32_t object)
    {
        const Link link = m_links[object];
        m_links[link.older].newer = link.newer;
        m_links[link.newer].older = link.older;
        --m_sizes[m_list[object]];
        m_list[object] = N;
    }
    void moveTo(std::uint32_t list, std::uint32_t object)
    {
        remove(object);
        append(list, object);
    }
    /// The oldest that is not pinned, or kNobody.
    template <typename Pinned> std::uint32_t oldestBut(std::uint32_t list, const Pinned& pinned) const
    {
        std::uint32_t object = oldest(list);
        while (object != kNobody && pinned(object))
            object = newer(object);
        return object;
    }

private:
    struct Link
    {
        std::uint32_t older, newer;
    };
    std::uint32_t end(std::uint32_t list) const { return m_numObjects + list; } ///< closes the ring of a list
    std::uint32_t valid(std::uint32_t object) const { return object < m_numObjects ? object : kNobody; }

    const std::uint32_t m_numObjects;
    std::vector<Link> m_links;
    std::vector<std::uint8_t> m_list;
    std::uint32_t m_sizes[N] = {};
};

}
