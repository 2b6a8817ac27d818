// SPDX-License-Identifier: GPL-3.0-or-later
//
// Pairs of sets counted a row at a time: the set of a token at the one site is a row of bytes, 0 or 1; it is added to
// the row of each expert that the token chose at the other. Vector units do that with 16 or 32 pairs at once.
#pragma once

#include "io/trace/routing.h"

#include <vector>

namespace expertscope {

class SetRows
{
public:
    /// Whether this beats counting pair by pair, for sets of k out of numTo experts (measured, bench_pairs).
    static bool pays(unsigned numTo, unsigned k) { return numTo <= 128 && k >= 6 && k * 16 >= widthOf(numTo); }

    SetRows(unsigned numFrom, unsigned numTo); ///< numTo <= 128
    SetRows(const SetRows&) = delete;
    SetRows& operator=(const SetRows&) = delete;

    std::uint32_t tokens() const { return m_tokens; }
    /// How many tokens may be added before counts must move on: bytes hold 255.
    std::uint32_t room() const { return kMost - m_tokens; }
    /// Adds `n` tokens from `first` on, of blocks with even slots, of which no token names an expert twice.
    void add(const Block& from, const Block& to, std::size_t first, std::uint32_t n);
    /// Adds the counts to `cells` [numFrom][numTo] and, of each expert, to its tokens [numFrom], then begins anew. `k`:
    /// the size of the sets of the site `to`.
    void moveTo(std::uint32_t* cells, std::uint64_t* tokensOf, unsigned k);

private:
    static constexpr std::uint32_t kMost = 255;
    static unsigned widthOf(unsigned numTo) { return numTo <= 32 ? 32 : numTo <= 64 ? 64 : 128; }

    /// Rows that straddled cache lines would cost half as much again.
    struct alignas(64) Line
    {
        std::uint8_t bytes[64];
    };
    static std::size_t linesFor(std::size_t bytes) { return (bytes + sizeof(Line) - 1) / sizeof(Line); }

    unsigned m_numFrom, m_numTo, m_width;
    std::uint32_t m_tokens = 0;
    std::vector<Line> m_countLines, m_setLines;
    std::uint8_t* m_counts; ///< [numFrom][width], in m_countLines
    std::uint8_t* m_sets; ///< [kMost][width], in m_setLines
};

}
