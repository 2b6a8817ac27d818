// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/simulation/one_size/object_lists.h"

#include <bit>
#include <cstdint>
#include <vector>

namespace expertscope::simulation {

/// At most so many objects, the oldest of which leave first.
class Queue
{
public:
    explicit Queue(std::uint32_t most)
        : m_slots(std::bit_ceil(most))
        , m_mask(std::bit_ceil(most) - 1)
    {
    }
    std::uint32_t size() const { return m_size; }
    void push(std::uint32_t object) { m_slots[(m_first + m_size++) & m_mask] = object; }
    /// Takes out the oldest that is not pinned; those that were passed stay the oldest. kNobody: there is none.
    template <typename Pinned> std::uint32_t takeOldestBut(const Pinned& pinned)
    {
        const std::uint32_t oldest = m_slots[m_first & m_mask];
        if (m_size == 0 || pinned(oldest))
            return takeBehind(pinned);
        ++m_first;
        --m_size;
        return oldest;
    }
    void clear() { m_size = 0; }

private:
    template <typename Pinned> [[gnu::noinline]] std::uint32_t takeBehind(const Pinned& pinned)
    {
        for (std::uint32_t passed = 1; passed < m_size; ++passed) {
            const std::uint32_t object = m_slots[(m_first + passed) & m_mask];
            if (pinned(object))
                continue;
            for (; passed > 0; --passed)
                m_slots[(m_first + passed) & m_mask] = m_slots[(m_first + passed - 1) & m_mask];
            ++m_first;
            --m_size;
            return object;
        }
        return kNobody;
    }

    std::vector<std::uint32_t> m_slots;
    std::uint32_t m_mask, m_first = 0, m_size = 0;
};

}
