// SPDX-License-Identifier: GPL-3.0-or-later
//
// Tables of how often two experts were met together: what co-activation, affinity and mutual information are made of.
#pragma once

#include "analysis/bits/bit_kernels.h"
#include "analysis/bits/choice_bits.h"
#include "analysis/counts/set_sizes.h"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

namespace expertscope {

/// Counts [A][B] of expert i of one site with expert j of another, or of the same. 32 bits a cell: 16 KiB for 64 x 64,
/// 256 KiB for 256 x 256, 4 MiB for 1024 x 1024; another 64 bits a cell should counts ever outgrow that.
class PairCounts
{
public:
    PairCounts(unsigned numFrom, unsigned numTo);

    unsigned numFrom() const { return m_numFrom; } ///< A
    unsigned numTo() const { return m_numTo; } ///< B
    /// The cells, row-major, for a loop that adds at most `most` to any of them.
    std::uint32_t* cells(std::uint64_t most);
    std::uint64_t at(unsigned i, unsigned j) const;
    std::uint64_t rowSum(unsigned i) const;
    std::uint64_t total() const;
    void add(const PairCounts& other);
    void persist(Archive& archive);

private:
    void widen();

    unsigned m_numFrom, m_numTo;
    std::uint64_t m_most = 0; ///< no cell is larger
    std::vector<std::uint32_t> m_cells;
    std::vector<std::uint64_t> m_wide; ///< [A][B], to be added to the cells, or empty
};

/// Calls visit(cells) for each of `tokens` tokens, `stride` ids apart: cells[r] is that of the pair (rows[r], columns[r])
/// in a table with rows of `rowLength`, for the first `used` slots r. Worked out for many tokens at once.
template <class Visit>
void forEachTokenCells(const std::uint16_t* rows, const std::uint16_t* columns, std::size_t tokens, std::size_t stride,
    std::size_t used, std::uint32_t rowLength, Visit visit)
{
    constexpr std::size_t kAtOnce = 512;
    std::array<std::uint32_t, kAtOnce> few;
    std::vector<std::uint32_t> many(stride > kAtOnce ? stride : 0);
    std::uint32_t* const cells = many.empty() ? few.data() : many.data();
    const std::size_t most = std::max<std::size_t>(kAtOnce / stride, 1);
    for (std::size_t now; tokens > 0 && used > 0; tokens -= now, rows += now * stride, columns += now * stride) {
        now = std::min(tokens, most);
        bitKernels().cells(rows, columns, (now - 1) * stride + used, rowLength, cells);
        for (std::size_t t = 0; t < now; ++t)
            visit(cells + t * stride);
    }
}

/// A block of a tile and its bits.
struct BlockWithBits
{
    const Block& block;
    ChoiceBits& bits;
};

/// Pairs of sets of two sites: how many tokens chose i here and j there. A token without any choice at one of the sites
/// does not count.
class SetPairs
{
public:
    SetPairs(const Site& from, const Site& to);

    /// The tokens of the runs, which the blocks share; they may be the same block.
    void observe(BlockWithBits from, BlockWithBits to);
    void add(const SetPairs& other);
    void persist(Archive& archive);

    std::uint64_t count(unsigned i, unsigned j) const { return m_pairs.at(i, j); }
    std::uint64_t tokensOf(unsigned i) const { return m_tokensOf[i]; } ///< that chose i, and anything there
    std::uint64_t tokens() const { return m_sizes.tokens(); }
    const SetSizes& sizes() const { return m_sizes; } ///< of the sets at the one site, `from`
    /// Choices there of a token that chose an expert here: the mean over experts and tokens.
    double meanTo() const { return m_sizes.choices() ? double(m_pairs.total()) / double(m_sizes.choices()) : 0; }
    unsigned numFrom() const { return m_pairs.numFrom(); }
    unsigned numTo() const { return m_pairs.numTo(); }

private:
    void observeTurned(BlockWithBits from, BlockWithBits to);
    void observeRows(const Block& from, const Block& to);
    void observeCells(const Block& from, const Block& to, const SequenceRun& run);
    void notePlain(const Block& from, std::uint64_t tokens);
    void observeSets(const Block& from, const Block& to, const SequenceRun& run);

    PairCounts m_pairs;
    std::vector<std::uint64_t> m_tokensOf; ///< [A]
    SetSizes m_sizes;
};

}
