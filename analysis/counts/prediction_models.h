// SPDX-License-Identifier: GPL-3.0-or-later
//
// What predictors of experts learn and how they score (metrics 8): shared by the metric `predict` and by prefetching.
// All scores are whole numbers, so that neither threads nor the order of experts decide between equals.
#pragma once

#include "analysis/counts/kernels/prediction_kernels.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

namespace expertscope {

/// Marks [E] the n largest of scores [E]; ties go to the lower id.
void markLargest(std::span<const std::uint64_t> scores, std::size_t n, std::span<std::uint8_t> marks);
/// The same, in order, largest first; n is cut to E.
void rankLargest(std::span<const std::uint64_t> scores, std::size_t n, std::vector<std::uint32_t>& ids);
/// How many of `some` (distinct) markLargest() would mark; scores below 2^63.
std::size_t countAmongLargest(
    std::span<const std::uint64_t> scores, std::size_t n, std::span<const std::uint16_t> some);

/// Rows of a table that are added up; a token rarely has more.
template <class T> class RowsOf
{
public:
    /// Row number id - first of each, `length` long.
    template <class Id> RowsOf(const T* table, std::size_t length, std::span<const Id> ids, Id first)
    {
        if (ids.size() > m_few.size())
            m_many.resize(ids.size());
        const T** row = m_many.empty() ? m_few.data() : m_many.data();
        m_rows = row;
        for (const Id id : ids)
            *row++ = table + std::size_t(id - first) * length;
    }
    RowsOf(const RowsOf&) = delete;
    RowsOf& operator=(const RowsOf&) = delete;

    const T* const* data() const { return m_rows; }

private:
    std::array<const T*, 64> m_few;
    std::vector<const T*> m_many;
    const T* const* m_rows;
};

/// P(j | i): the share of the tokens that chose i at one site which choose j at another. 8 bytes a pair.
class TransitionTable
{
public:
    TransitionTable() = default;
    /// counts(i, j): tokens that chose both; tokens(i): that chose i, with a choice at the other site too.
    template <typename Counts, typename Tokens>
    TransitionTable(std::size_t numFrom, std::size_t numTo, const Counts& counts, const Tokens& tokens)
        : m_numTo(numTo)
    {
        m_shares.reserve(numFrom * numTo);
        for (std::size_t a = 0; a < numFrom; ++a) {
            const double all = std::max(1.0, double(tokens(a)));
            for (std::size_t b = 0; b < numTo; ++b)
                m_shares.push_back(std::llround(double(counts(a, b)) / all * 0x1p52));
        }
    }

    bool empty() const { return m_shares.empty(); }
    /// scores[j] = sum of P(j | i) over the set (ids less `first`), in units of 2^-40: equal sums are to be equal.
    template <typename Id> void score(std::span<const Id> set, Id first, std::vector<std::uint64_t>& scores) const
    {
        scores.resize(m_numTo);
        const RowsOf<std::int64_t> rows(m_shares.data(), m_numTo, set, first);
        predictionKernels().sumShares(rows.data(), set.size(), m_numTo, scores.data());
    }

private:
    std::size_t m_numTo = 0;
    std::vector<std::int64_t> m_shares; ///< in units of 2^-52
};

/// Counts of choices of stored sequences (MoE-Infinity's expert activation matrices): 4 bytes an expert and sequence.
class SequenceLibrary
{
public:
    SequenceLibrary() = default;
    /// `offsets`: of each site's experts in a matrix, and an end mark; matrices[sequence][offsets.back()].
    SequenceLibrary(
        const std::vector<std::size_t>& offsets, const std::vector<const std::vector<std::uint32_t>*>& matrices);

    std::size_t numStored() const { return m_numStored; }
    std::size_t numSites() const { return m_counts.size(); }
    std::size_t numExperts(std::size_t site) const { return m_numStored ? m_counts[site].size() / m_numStored : 0; }
    /// [E * numStored], expert after expert.
    const std::uint32_t* counts(std::size_t site) const { return m_counts[site].data(); }
    const double* inverseNorms(std::size_t site) const { return m_inverseNorms[site].data(); }

private:
    std::size_t m_numStored = 0;
    std::vector<std::vector<std::uint32_t>> m_counts; ///< [site]
    std::vector<std::vector<double>> m_inverseNorms; ///< [site][sequence]; 0 of an empty row
};

/// A sequence of which more and more is known: counts of its choices so far, and how near they are to each stored
/// one's.
class OpenSequence
{
public:
    /// Keeps a reference.
    explicit OpenSequence(const SequenceLibrary& library, const std::vector<std::size_t>& offsets);

    void clear();
    /// Its choices at a site (ids less `first`) are known.
    template <typename Id> void add(std::size_t site, std::span<const Id> set, Id first = 0)
    {
        const std::size_t stored = m_library.numStored();
        std::uint64_t* const dots = m_dots.data() + site * stored;
        for (const Id id : set)
            m_squares[site] += 2 * m_counts[m_offsets[site] + std::size_t(id - first)]++ + 1;
        const RowsOf<std::uint32_t> rows(m_library.counts(site), stored, set, first);
        predictionKernels().addCounts(rows.data(), set.size(), stored, dots);
        if (!set.empty())
            compare(site);
    }
    /// The stored sequence with the largest mean cosine of the sites' rows; the earliest of the best. Sums are compared
    /// in units of 2^-40: rounding decides nothing. To be asked only if something is stored.
    std::size_t nearest() const;

private:
    void compare(std::size_t site);

    const SequenceLibrary& m_library;
    const std::vector<std::size_t> m_offsets;
    std::vector<std::uint64_t> m_counts; ///< all sites in a row
    std::vector<std::uint64_t> m_squares; ///< by site: sum of squared counts
    std::vector<std::uint64_t> m_dots; ///< [site][stored]
    std::vector<std::int64_t> m_cosines; ///< [site][stored] in units of 2^-52
    std::vector<std::int64_t> m_sums; ///< [stored] of the cosines
};

}
