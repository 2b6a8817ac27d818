// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/synth/random.h"

#include <bit>
#include <numeric>
#include <span>
#include <vector>

namespace expertscope {

/// Draws k of E experts without repetition, every order alike likely: the first k steps of a Fisher-Yates shuffle,
/// taken back afterwards, so that a draw depends on its random bits alone.
class SubsetSampler
{
public:
    SubsetSampler(std::uint16_t numExperts, std::uint16_t topK)
        : m_pool(numExperts)
        , m_taken(topK)
        , m_perWord(32 / unsigned(std::bit_width(numExperts)))
    {
        std::iota(m_pool.begin(), m_pool.end(), std::uint16_t(0));
    }

    /// Fills `out` from slot `given` on (0 or 1) with experts other than those before it.
    void draw(std::uint64_t key, std::size_t given, std::span<std::uint16_t> out)
    {
        const std::size_t E = m_pool.size();
        if (given == 1)
            take(0, out[0], out);
        const std::uint64_t start = splitmix64(key);
        std::uint64_t bits = start, words = 1;
        unsigned left = m_perWord;
        for (std::size_t j = given; j < out.size(); ++j) {
            if (left == 0) {
                bits = splitmix64(start + words++);
                left = m_perWord;
            }
            --left;
            take(j, j + below(E - j, bits), out);
        }
        for (std::size_t j = 0; j < out.size(); ++j)
            m_pool[m_taken[j]] = m_taken[j];
    }

private:
    void take(std::size_t j, std::size_t at, std::span<std::uint16_t> out)
    {
        out[j] = m_pool[at];
        m_pool[at] = m_pool[j];
        m_taken[j] = static_cast<std::uint16_t>(at);
    }

    std::vector<std::uint16_t> m_pool, m_taken;
    const unsigned m_perWord;
};

}
