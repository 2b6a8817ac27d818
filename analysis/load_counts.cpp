// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/load_counts.h"

#include <algorithm>

namespace expertscope {

LoadCounts::LoadCounts(const Site& site)
    : m_numExperts(site.numExperts)
    , m_counts(std::size_t(site.numExperts) + 1)
{
}

void LoadCounts::add(const Block& block, const SequenceRun& run, unsigned slots)
{
    const unsigned stride = block.numSlots;
    const unsigned taken = slots ? std::min(slots, stride) : stride;
    const std::uint16_t* ids = block.expertIds.data() + std::size_t(run.begin) * stride;
    const std::uint16_t* const end = ids + std::size_t(run.length) * stride;
    std::uint64_t* const counts = m_counts.data();
    const unsigned none = m_numExperts;

    std::uint64_t tokens = 0;
    if (taken == stride) {
        for (const std::uint16_t* id = ids; id != end; ++id)
            ++counts[std::min<unsigned>(*id, none)];
    } else {
        for (const std::uint16_t* token = ids; token != end; token += stride) {
            for (unsigned r = 0; r < taken; ++r)
                ++counts[std::min<unsigned>(token[r], none)];
        }
    }
    // Tokens by their number of choices: nearly always all the same, and the compiler vectorises the sum.
    for (const std::uint16_t* token = ids; token != end; token += stride) {
        unsigned filled = 0;
        for (unsigned r = 0; r < taken; ++r)
            filled += token[r] < none;
        if (filled == 0)
            continue;
        ++tokens;
        m_choices += filled;
        if (filled != m_perToken) {
            m_uneven |= m_perToken != 0;
            m_perToken = static_cast<std::uint16_t>(filled);
        }
    }
    m_tokens += tokens;
    m_counts[none] = 0;
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

}
