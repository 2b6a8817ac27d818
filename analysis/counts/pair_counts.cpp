// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/counts/pair_counts.h"

#include "analysis/bits/bit_kernels.h"
#include "analysis/counts/choice_sets.h"
#include "analysis/counts/set_rows.h"

#include <algorithm>
#include <numeric>

namespace expertscope {

PairCounts::PairCounts(unsigned numFrom, unsigned numTo)
    : m_numFrom(numFrom)
    , m_numTo(numTo)
    , m_cells(std::size_t(numFrom) * numTo)
{
}

std::uint32_t* PairCounts::cells(std::uint64_t most)
{
    if (most > UINT32_MAX - m_most)
        widen();
    m_most += most;
    return m_cells.data();
}

std::uint64_t PairCounts::at(unsigned i, unsigned j) const
{
    const std::size_t cell = std::size_t(i) * m_numTo + j;
    return m_cells[cell] + (m_wide.empty() ? 0 : m_wide[cell]);
}

std::uint64_t PairCounts::rowSum(unsigned i) const
{
    std::uint64_t sum = 0;
    for (unsigned j = 0; j < m_numTo; ++j)
        sum += at(i, j);
    return sum;
}

std::uint64_t PairCounts::total() const
{
    return std::accumulate(m_cells.begin(), m_cells.end(), std::uint64_t(0))
        + std::accumulate(m_wide.begin(), m_wide.end(), std::uint64_t(0));
}

void PairCounts::add(const PairCounts& other)
{
    if (!other.m_wide.empty()) {
        widen();
        for (std::size_t i = 0; i < m_wide.size(); ++i)
            m_wide[i] += other.m_wide[i];
    }
    std::uint32_t* const mine = cells(other.m_most);
    for (std::size_t i = 0; i < m_cells.size(); ++i)
        mine[i] += other.m_cells[i];
}

void PairCounts::persist(Archive& archive)
{
    archive(m_most);
    archive.fixed(m_cells);
    if (archive.present(!m_wide.empty())) {
        m_wide.resize(m_cells.size());
        archive.fixed(m_wide);
    }
    if (m_most > UINT32_MAX)
        m_most = UINT32_MAX; // a lie: cells hold no more
}

void PairCounts::widen()
{
    m_wide.resize(m_cells.size());
    for (std::size_t i = 0; i < m_cells.size(); ++i)
        m_wide[i] += std::exchange(m_cells[i], 0);
    m_most = 0;
}

namespace {

/// Whether counting the bits of pairs of words beats going from choice to choice (measured, bench_pairs).
bool turnedPays(const Block& from, const Block& to)
{
    const std::size_t cells = std::size_t(from.numExperts) * to.numExperts;
    return bitKernels().turnedPays && cells <= std::size_t(384) * from.evenSlots * to.evenSlots;
}

/// Turned sets are of whole blocks: they pay when at least this share of a block's tokens is wanted.
constexpr std::uint64_t kLeastShare = 4;

}

SetPairs::SetPairs(const Site& from, const Site& to)
    : m_pairs(from.numExperts, to.numExperts)
    , m_tokensOf(from.numExperts)
{
}

void SetPairs::observe(BlockWithBits from, BlockWithBits to)
{
    const bool plain = from.bits.plain() && to.bits.plain();
    std::uint64_t tokens = 0;
    for (const SequenceRun& run : from.block.runs)
        tokens += run.length;
    if (plain && turnedPays(from.block, to.block) && tokens * kLeastShare >= from.block.numTokens)
        return observeTurned(from, to);
    if (plain && SetRows::pays(to.block.numExperts, to.block.evenSlots))
        return observeRows(from.block, to.block);
    for (const SequenceRun& run : from.block.runs) {
        if (plain)
            observeCells(from.block, to.block, run);
        else
            observeSets(from.block, to.block, run);
    }
}

void SetPairs::observeTurned(BlockWithBits from, BlockWithBits to)
{
    const unsigned A = m_pairs.numFrom(), B = m_pairs.numTo();
    const RunMask wanted(from.block);
    std::uint32_t* const cells = m_pairs.cells(wanted.tokens());
    if (&from.bits != &to.bits) {
        bitKernels().pairs(from.bits.turned(), A, to.bits.turned(), B, wanted.bits(), cells, false);
    } else {
        std::vector<std::uint32_t> upper(std::size_t(A) * A);
        const TurnedSets sets = from.bits.turned();
        bitKernels().pairs(sets, A, sets, A, wanted.bits(), upper.data(), true);
        for (unsigned i = 0; i < A; ++i) {
            for (unsigned j = 0; j < A; ++j)
                cells[i * A + j] += upper[std::min(i, j) * A + std::max(i, j)];
        }
    }
    for (const SequenceRun& run : from.block.runs)
        from.bits.count(run.begin, std::size_t(run.begin) + run.length, m_tokensOf.data());
    notePlain(from.block, wanted.tokens());
}

void SetPairs::observeRows(const Block& from, const Block& to)
{
    SetRows rows(m_pairs.numFrom(), m_pairs.numTo());
    const auto move = [&] {
        notePlain(from, rows.tokens());
        rows.moveTo(m_pairs.cells(rows.tokens()), m_tokensOf.data(), to.evenSlots);
    };
    for (const SequenceRun& run : from.runs) {
        for (std::uint32_t done = 0; done < run.length;) {
            const auto n = std::min<std::uint32_t>(rows.room(), run.length - done);
            rows.add(from, to, run.begin + done, n);
            done += n;
            if (rows.room() == 0)
                move();
        }
    }
    move();
}

void SetPairs::notePlain(const Block& from, std::uint64_t tokens)
{
    m_sizes.note(from.evenSlots, tokens);
}

void SetPairs::observeCells(const Block& from, const Block& to, const SequenceRun& run)
{
    const std::size_t stride = from.numSlots, B = m_pairs.numTo();
    const unsigned k = from.evenSlots, kTo = to.evenSlots;
    const std::uint16_t* source = from.expertIds.data() + run.begin * stride;
    const std::uint16_t* target = to.expertIds.data() + run.begin * stride;
    std::uint32_t* const cells = m_pairs.cells(run.length);
    std::uint64_t* const tokensOf = m_tokensOf.data();
    for (std::uint32_t t = 0; t < run.length; ++t, source += stride, target += stride) {
        for (unsigned a = 0; a < k; ++a) {
            ++tokensOf[source[a]];
            std::uint32_t* const row = cells + source[a] * B;
            for (unsigned b = 0; b < kTo; ++b)
                ++row[target[b]];
        }
    }
    notePlain(from, run.length);
}

void SetPairs::observeSets(const Block& from, const Block& to, const SequenceRun& run)
{
    ChoiceSets sources(m_pairs.numFrom()), targets(m_pairs.numTo());
    sources.assign(from, run.begin, run.length);
    targets.assign(to, run.begin, run.length);
    std::uint32_t* const cells = m_pairs.cells(run.length);
    for (std::size_t t = 0; t < run.length; ++t) {
        if (sources[t].empty() || targets[t].empty())
            continue;
        m_sizes.note(sources[t].size());
        for (const std::uint16_t i : sources[t]) {
            ++m_tokensOf[i];
            for (const std::uint16_t j : targets[t])
                ++cells[std::size_t(i) * m_pairs.numTo() + j];
        }
    }
}

void SetPairs::add(const SetPairs& other)
{
    m_pairs.add(other.m_pairs);
    for (std::size_t i = 0; i < m_tokensOf.size(); ++i)
        m_tokensOf[i] += other.m_tokensOf[i];
    m_sizes.add(other.m_sizes);
}

void SetPairs::persist(Archive& archive)
{
    archive(m_pairs, m_sizes);
    archive.fixed(m_tokensOf);
}

}
