// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/backend/sequence_parts.h"

#include <algorithm>

namespace expertscope {

void SequenceParts::plan(const std::vector<std::uint32_t>& lengths)
{
    m_position.clear();
    m_ends.clear();
    for (const std::uint32_t length : lengths) {
        for (std::uint32_t p = 0; p < length; ++p)
            m_position.push_back(p);
        m_ends.push_back(static_cast<std::int64_t>(m_position.size()));
    }
}

std::vector<Segment> SequenceParts::of(const Part& part) const
{
    std::vector<Segment> segments;
    const std::int64_t end = part.first + part.count;
    auto sequence = std::upper_bound(m_ends.begin(), m_ends.end(), part.first);
    for (std::int64_t first = part.first; first < end; ++sequence) {
        const std::int64_t until = std::min(end, *sequence);
        segments.push_back({first, until - first, position(first) > 0, *sequence > end});
        first = until;
    }
    return segments;
}

}
