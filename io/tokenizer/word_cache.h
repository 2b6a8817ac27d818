// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/tokenizer/hashing.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace expertscope::tokenizer {

/// Words seen before and their ids: most of a text is the same few thousand words. One per thread. Forgets everything
/// when it is full, which bounds its memory (about 12 MB) and costs little.
class WordCache
{
public:
    static constexpr std::size_t kLongestWord = 128;
    static constexpr std::size_t kMostIds = 1024;

    /// The ids of a word; false in `found` if it is not there.
    std::span<const std::int32_t> find(std::string_view word, std::uint64_t hash, bool& found) const
    {
        for (std::size_t i = hash & m_mask;; i = (i + 1) & m_mask) {
            const Slot& slot = m_slots[i];
            if (slot.size == 0) {
                found = false;
                return {};
            }
            if (slot.hash == static_cast<std::uint32_t>(hash >> 32) && slot.size == word.size()
                && std::memcmp(m_bytes.data() + slot.bytes, word.data(), word.size()) == 0) {
                found = true;
                return {m_ids.data() + slot.ids, slot.count};
            }
        }
    }

    /// The word must be absent, not empty, no longer than kLongestWord and have at most kMostIds.
    void insert(std::string_view word, std::uint64_t hash, std::span<const std::int32_t> ids)
    {
        if (4 * (m_count + 1) > 3 * m_slots.size())
            makeRoom();
        std::size_t i = hash & m_mask;
        while (m_slots[i].size != 0)
            i = (i + 1) & m_mask;
        m_slots[i] = {static_cast<std::uint32_t>(hash >> 32), static_cast<std::uint32_t>(m_bytes.size()),
            static_cast<std::uint32_t>(m_ids.size()), static_cast<std::uint16_t>(word.size()),
            static_cast<std::uint16_t>(ids.size())};
        m_bytes += word;
        m_ids.insert(m_ids.end(), ids.begin(), ids.end());
        ++m_count;
    }

private:
    struct Slot
    {
        std::uint32_t hash = 0;
        std::uint32_t bytes = 0;
        std::uint32_t ids = 0;
        std::uint16_t size = 0; // 0: free
        std::uint16_t count = 0;
    };
    static constexpr std::size_t kMostSlots = std::size_t(1) << 18;

    void makeRoom()
    {
        if (m_slots.size() == kMostSlots) {
            m_slots.assign(kMostSlots, {});
            m_bytes.clear();
            m_ids.clear();
            m_count = 0;
            return;
        }
        std::vector<Slot> old(m_slots.size() * 4);
        old.swap(m_slots);
        m_mask = m_slots.size() - 1;
        for (const Slot& slot : old) {
            if (slot.size == 0)
                continue;
            std::size_t i = hashBytes({m_bytes.data() + slot.bytes, slot.size}) & m_mask;
            while (m_slots[i].size != 0)
                i = (i + 1) & m_mask;
            m_slots[i] = slot;
        }
    }

    std::vector<Slot> m_slots = std::vector<Slot>(4096);
    std::size_t m_mask = 4095;
    std::size_t m_count = 0;
    std::string m_bytes;
    std::vector<std::int32_t> m_ids;
};

}
