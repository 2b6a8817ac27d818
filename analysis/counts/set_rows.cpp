// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/counts/set_rows.h"

#include "io/base/cpu_level.h"

#include <algorithm>

#if defined(__x86_64__) && defined(__GNUC__)
#define ES_AVX2 [[gnu::target("avx2")]]
#endif

// Of the loop that follows: what it reads and what it writes lies apart. Clang asks the pointers at run time.
#if defined(__GNUC__) && !defined(__clang__)
#define ES_NO_OVERLAP _Pragma("GCC ivdep")
#else
#define ES_NO_OVERLAP
#endif

namespace expertscope {

namespace {

/// What the loops below need: from which ids to which rows.
struct Task
{
    const std::uint16_t* ids; ///< [n][stride], of which k count
    std::size_t stride;
    unsigned k;
    std::uint32_t n;
    const std::uint8_t* sets; ///< [n][width]
    std::uint8_t* counts; ///< [A][width]
};

// Plain loops, which the compiler vectorises for the function that they are inlined into. (Vector types would be taken
// apart before that.)
template <std::size_t Width> [[gnu::always_inline]] inline void addRows(const Task& task)
{
    const std::uint16_t* ids = task.ids;
    const std::uint8_t* set = task.sets;
    std::uint8_t* const counts = task.counts;
    const unsigned k = task.k;
    for (std::uint32_t t = 0; t < task.n; ++t, ids += task.stride, set += Width) {
        for (unsigned r = 0; r < k; ++r) {
            std::uint8_t* const row = counts + ids[r] * Width;
            ES_NO_OVERLAP
            for (std::size_t j = 0; j < Width; ++j)
                row[j] = static_cast<std::uint8_t>(row[j] + set[j]);
        }
    }
}

[[gnu::always_inline]] inline void addRowsOf(unsigned width, const Task& task)
{
    switch (width) {
    case 32:
        return addRows<32>(task);
    case 64:
        return addRows<64>(task);
    default:
        return addRows<128>(task);
    }
}

/// Adds a row of bytes to one of counts; returns its sum.
[[gnu::always_inline]] inline std::uint32_t moveRow(
    const std::uint8_t* __restrict row, std::uint32_t* __restrict cells, unsigned n)
{
    std::uint32_t sum = 0;
    for (unsigned j = 0; j < n; ++j) {
        cells[j] += row[j];
        sum += row[j];
    }
    return sum;
}

// The same code for two instruction sets, chosen at run time.
struct Kernels
{
    void (*addRows)(unsigned width, const Task& task);
    std::uint32_t (*moveRow)(const std::uint8_t* row, std::uint32_t* cells, unsigned n);
};
void addRowsBaseline(unsigned width, const Task& task)
{
    addRowsOf(width, task);
}
std::uint32_t moveRowBaseline(const std::uint8_t* row, std::uint32_t* cells, unsigned n)
{
    return moveRow(row, cells, n);
}
#ifdef ES_AVX2
ES_AVX2 void addRowsAvx2(unsigned width, const Task& task)
{
    addRowsOf(width, task);
}
ES_AVX2 std::uint32_t moveRowAvx2(const std::uint8_t* row, std::uint32_t* cells, unsigned n)
{
    return moveRow(row, cells, n);
}
#endif

const Kernels& kernels()
{
    static const Kernels best = [] {
#ifdef ES_AVX2
        if (cpuLevel() >= CpuLevel::Avx2)
            return Kernels{addRowsAvx2, moveRowAvx2};
#endif
        return Kernels{addRowsBaseline, moveRowBaseline};
    }();
    return best;
}

}

SetRows::SetRows(unsigned numFrom, unsigned numTo)
    : m_numFrom(numFrom)
    , m_numTo(numTo)
    , m_width(widthOf(numTo))
    , m_countLines(linesFor(std::size_t(numFrom) * m_width))
    , m_setLines(linesFor(std::size_t(kMost) * m_width))
    , m_counts(m_countLines.data()->bytes)
    , m_sets(m_setLines.data()->bytes)
{
}

void SetRows::add(const Block& from, const Block& to, std::size_t first, std::uint32_t n)
{
    const std::size_t stride = to.numSlots;
    const unsigned k = to.evenSlots, width = m_width;
    std::fill_n(m_sets, std::size_t(n) * width, std::uint8_t(0));
    const std::uint16_t* id = to.expertIds.data() + first * stride;
    std::uint8_t* set = m_sets;
    for (std::uint32_t t = 0; t < n; ++t, id += stride, set += width) {
        for (unsigned r = 0; r < k; ++r)
            set[id[r]] = 1;
    }
    kernels().addRows(width, {from.expertIds.data() + first * stride, stride, from.evenSlots, n, m_sets, m_counts});
    m_tokens += n;
}

void SetRows::moveTo(std::uint32_t* cells, std::uint64_t* tokensOf, unsigned k)
{
    for (unsigned i = 0; i < m_numFrom; ++i)
        tokensOf[i] +=
            kernels().moveRow(m_counts + std::size_t(i) * m_width, cells + std::size_t(i) * m_numTo, m_numTo) / k;
    std::fill_n(m_counts, std::size_t(m_numFrom) * m_width, std::uint8_t(0));
    m_tokens = 0;
}

}
