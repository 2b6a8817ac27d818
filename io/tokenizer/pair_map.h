// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/tokenizer/hashing.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

namespace expertscope::tokenizer {

/// Two non-negative 31-bit numbers -> a small value; open addressing, at most half full. Filled once, then read.
template <class Value> class PairMap
{
public:
    void reserve(std::size_t count)
    {
        m_slots.assign(std::bit_ceil(2 * count + 2), {});
        m_mask = m_slots.size() - 1;
    }
    /// An equal key is overwritten.
    void put(std::uint32_t a, std::uint32_t b, const Value& value)
    {
        if (2 * (m_count + 1) > m_slots.size())
            grow();
        Slot& slot = m_slots[place(key(a, b))];
        m_count += slot.key == kFree;
        slot = {key(a, b), value};
    }
    const Value* find(std::uint32_t a, std::uint32_t b) const
    {
        if (m_slots.empty())
            return nullptr;
        const Slot& slot = m_slots[place(key(a, b))];
        return slot.key == kFree ? nullptr : &slot.value;
    }

private:
    static constexpr std::uint64_t kFree = UINT64_MAX;
    struct Slot
    {
        std::uint64_t key = kFree;
        Value value{};
    };

    static std::uint64_t key(std::uint32_t a, std::uint32_t b) { return std::uint64_t(a) << 32 | b; }
    std::size_t place(std::uint64_t key) const
    {
        std::size_t i = mixBits(key, 0) & m_mask;
        while (m_slots[i].key != key && m_slots[i].key != kFree)
            i = (i + 1) & m_mask;
        return i;
    }
    void grow()
    {
        std::vector<Slot> old(std::max<std::size_t>(16, 2 * m_slots.size()));
        old.swap(m_slots);
        m_mask = m_slots.size() - 1;
        for (const Slot& slot : old)
            if (slot.key != kFree)
                m_slots[place(slot.key)] = slot;
    }

    std::vector<Slot> m_slots;
    std::size_t m_mask = 0;
    std::size_t m_count = 0;
};

}
