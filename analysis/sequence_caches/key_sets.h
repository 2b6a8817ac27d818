// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace expertscope {

/// Several sets of whole numbers, a bit each, side by side; all are asked for the same key at once. Of Depth levels
/// each bit tells whether 64 bits of the level below hold any; the topmost is one word a set. No operation branches.
template <std::size_t Depth, std::size_t Lanes> class KeySets
{
public:
    using Flags = std::array<std::uint64_t, Lanes>; ///< 0 or 1 for each set

    /// Keys below numKeys, at most 64^Depth. `bits` is the memory, which must stay.
    KeySets(std::vector<std::uint64_t>& bits, std::size_t numKeys)
    {
        std::array<std::size_t, Depth> offset{};
        std::size_t words = numKeys, all = 0;
        for (std::size_t level = 0; level + 1 < Depth; ++level) {
            words = std::max<std::size_t>((words + 63) / 64, 1);
            offset[level] = all;
            all += words * Lanes;
        }
        bits.assign(all, 0);
        for (std::size_t level = 0; level + 1 < Depth; ++level)
            m_levels[level] = bits.data() + offset[level];
    }

    Flags has(std::uint32_t key) const
    {
        const std::uint64_t* const words = m_levels[0] + std::size_t(key >> 6) * Lanes;
        Flags there;
        for (std::size_t j = 0; j < Lanes; ++j)
            there[j] = words[j] >> (key & 63) & 1;
        return there;
    }

    /// Removes `old` where it is; drops the least key of the sets told by `full` that it was not in, which must not be
    /// empty; inserts `key` everywhere.
    void replace(std::uint32_t old, std::uint32_t key, const Flags& full)
    {
        for (std::size_t j = 0; j < Lanes; ++j) {
            std::uint64_t top = m_top[j];
            const std::uint64_t there = word(0, old, j) >> (old & 63) & 1;
            erase(old, j, there, top);
            dropLeast(j, full[j] & ~there, top);
            insert(key, j, 1, top);
            m_top[j] = top;
        }
    }
    /// The same without an old key.
    void add(std::uint32_t key, const Flags& full)
    {
        for (std::size_t j = 0; j < Lanes; ++j) {
            std::uint64_t top = m_top[j];
            dropLeast(j, full[j], top);
            insert(key, j, 1, top);
            m_top[j] = top;
        }
    }
    /// Puts `key` in the place of `old` where that is.
    void move(std::uint32_t old, std::uint32_t key)
    {
        for (std::size_t j = 0; j < Lanes; ++j) {
            std::uint64_t top = m_top[j];
            const std::uint64_t there = word(0, old, j) >> (old & 63) & 1;
            erase(old, j, there, top);
            insert(key, j, there, top);
            m_top[j] = top;
        }
    }

private:
    // Each for set j if told so (1) or not (0). `top` is m_top[j]: in a register, as the next step waits for it.

    std::uint64_t& word(std::size_t level, std::uint32_t key, std::size_t j)
    {
        return m_levels[level][std::size_t(key >> 6) * Lanes + j];
    }

    void insert(std::uint32_t key, std::size_t j, std::uint64_t wanted, std::uint64_t& top)
    {
        for (std::size_t level = 0; level + 1 < Depth; ++level) {
            word(level, key, j) |= wanted << (key & 63);
            key >>= 6;
        }
        top |= wanted << key;
    }

    void erase(std::uint32_t key, std::size_t j, std::uint64_t wanted, std::uint64_t& top)
    {
        for (std::size_t level = 0; level + 1 < Depth; ++level) {
            const std::uint64_t left = word(level, key, j) & ~(wanted << (key & 63));
            word(level, key, j) = left;
            wanted &= left == 0;
            key >>= 6;
        }
        top &= ~(wanted << key);
    }

    void dropLeast(std::size_t j, std::uint64_t wanted, std::uint64_t& top)
    {
        std::array<std::uint64_t*, Depth - 1> words; // that hold it
        std::size_t at = first(top, wanted);
        for (std::size_t level = Depth - 1; level-- > 0;) {
            words[level] = m_levels[level] + at * Lanes + j;
            at = at * 64 + first(*words[level], wanted);
        }
        for (std::uint64_t* const word : words) {
            const std::uint64_t left = *word & (*word - wanted);
            *word = left;
            wanted &= left == 0;
        }
        top &= top - wanted;
    }

    /// The first bit that is set; 0 unless `wanted`, as the word may then be 0.
    static std::size_t first(std::uint64_t word, std::uint64_t wanted)
    {
        return static_cast<std::size_t>(std::countr_zero(word | std::uint64_t(1) << 63)) & (0 - wanted);
    }

    std::array<std::uint64_t*, Depth - 1> m_levels{}; ///< finest first; [word][set]
    std::array<std::uint64_t, Lanes> m_top{};
};

}
