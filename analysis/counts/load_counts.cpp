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

void LoadCounts::noteTokens(std::uint64_t tokens, unsigned perToken)
{
    if (tokens == 0 || perToken == 0)
        return;
    m_tokens += tokens;
    m_choices += tokens * perToken;
    m_uneven |= m_perToken != 0 && m_perToken != perToken;
    m_perToken = static_cast<std::uint16_t>(perToken);
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
        noteTokens(run.length, even);
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
        noteTokens(1, filled);
    }
}

void LoadCounts::add(const Block& block, ChoiceBits& bits, const SequenceRun& run)
{
    const std::uint64_t choices = std::uint64_t(run.length) * block.evenSlots;
    if (choices < kChoicesPerExpert * m_numExperts || !bits.plain())
        return add(block, run);
    bits.count(run.begin, std::size_t(run.begin) + run.length, m_counts.data());
    noteTokens(run.length, block.evenSlots);
}

void LoadCounts::add(const LoadCounts& other)
{
    for (std::size_t e = 0; e < m_numExperts; ++e)
        m_counts[e] += other.m_counts[e];
    m_tokens += other.m_tokens;
    m_choices += other.m_choices;
    m_uneven |= other.m_uneven || (m_perToken && other.m_perToken && m_perToken != other.m_perToken);
    m_perToken = std::max(m_perToken, other.m_perToken);
}

void LoadCounts::clear()
{
    std::fill(m_counts.begin(), m_counts.end(), 0);
    m_tokens = m_choices = m_perToken = 0;
    m_uneven = false;
}

void LoadCounts::persist(Archive& archive)
{
    archive.fixed(m_counts);
    archive(m_tokens, m_choices, m_perToken, m_uneven);
}

}
