// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/counts/load_counts.h"

#include <algorithm>

namespace expertscope {

namespace {

/// From so many choices an expert on turned sets are worth their while.
constexpr std::uint64_t kChoicesPerExpert = 8;

}

LoadCounts::LoadCounts(const Site& site)
    : m_numExperts(site.numExperts)
    , m_counts(site.numExperts)
{
}

void LoadCounts::add(const Block& block, const SequenceRun& run, unsigned slots)
{
    const std::size_t stride = block.numSlots;
    const unsigned taken = slots ? std::min<unsigned>(slots, block.numSlots) : block.numSlots;
    const std::uint16_t* const ids = block.expertIds.data() + run.begin * stride;
    const std::uint16_t* const end = ids + run.length * stride;
    std::uint64_t* const counts = m_counts.data();

    if (const unsigned even = std::min<unsigned>(taken, block.evenSlots)) { // no empty slot to look out for
        if (even == stride) {
            for (const std::uint16_t* id = ids; id != end; ++id)
                ++counts[*id];
        } else {
            for (const std::uint16_t* token = ids; token != end; token += stride) {
                for (unsigned r = 0; r < even; ++r)
                    ++counts[token[r]];
            }
        }
        m_sizes.note(even, run.length);
        return;
    }
    for (const std::uint16_t* token = ids; token != end; token += stride) {
        unsigned filled = 0;
        for (unsigned r = 0; r < taken; ++r) {
            if (token[r] >= m_numExperts)
                continue;
            ++counts[token[r]];
            ++filled;
        }
        m_sizes.note(filled);
    }
}

void LoadCounts::add(const Block& block, ChoiceBits& bits, const SequenceRun& run)
{
    const std::uint64_t choices = std::uint64_t(run.length) * block.evenSlots;
    if (choices < kChoicesPerExpert * m_numExperts || !bits.plain())
        return add(block, run);
    bits.count(run.begin, std::size_t(run.begin) + run.length, m_counts.data());
    m_sizes.note(block.evenSlots, run.length);
}

void LoadCounts::add(const LoadCounts& other)
{
    for (std::size_t e = 0; e < m_numExperts; ++e)
        m_counts[e] += other.m_counts[e];
    m_sizes.add(other.m_sizes);
}

void LoadCounts::clear()
{
    std::fill(m_counts.begin(), m_counts.end(), 0);
    m_sizes = {};
}

void LoadCounts::persist(Archive& archive)
{
    archive.fixed(m_counts);
    archive(m_sizes);
}

}
