// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/tokenizer/hashing.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace expertscope::tokenizer {

/// Token <-> id, both ways; ids may have holes. Filled once, then read.
class StringIds
{
public:
    void reserve(std::size_t count, std::size_t bytes);
    /// False if the string is there already.
    bool insert(std::string_view text, std::int32_t id);
    /// To be called once after the last insert(). Gives an id that two strings share, or -1.
    std::int32_t indexById();

    /// -1 if absent.
    std::int32_t find(std::string_view text) const
    {
        if (m_slots.empty())
            return -1;
        const std::uint64_t hash = hashBytes(text);
        for (std::size_t i = hash & m_mask;; i = (i + 1) & m_mask) {
            const Slot& slot = m_slots[i];
            if (slot.entry == kFree)
                return -1;
            if (slot.hash == static_cast<std::uint32_t>(hash >> 32) && textOf(m_entries[slot.entry]) == text)
                return m_entries[slot.entry].id;
        }
    }
    /// The text of an id; a null view if there is none.
    std::string_view text(std::int32_t id) const;
    std::size_t size() const { return m_entries.size(); }
    std::int32_t largestId() const { return m_byId.empty() ? -1 : m_entries[m_byId.back()].id; }

private:
    static constexpr std::uint32_t kFree = UINT32_MAX;
    struct Entry
    {
        std::uint32_t offset;
        std::uint32_t size;
        std::int32_t id;
    };
    struct Slot
    {
        std::uint32_t hash;
        std::uint32_t entry = kFree;
    };

    std::string_view textOf(const Entry& entry) const { return {m_bytes.data() + entry.offset, entry.size}; }
    void grow();

    std::string m_bytes;
    std::vector<Entry> m_entries;
    std::vector<std::uint32_t> m_byId; // entries in the order of their ids
    std::vector<Slot> m_slots; // a power of two, at most half full
    std::size_t m_mask = 0;
};

}
