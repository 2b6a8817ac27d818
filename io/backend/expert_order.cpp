// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/backend/expert_order.h"

#include <algorithm>

namespace expertscope {

void ExpertOrder::sort(
    const std::vector<std::int32_t>& chosen, std::int64_t numExperts, std::int64_t topK, std::int64_t tile)
{
    m_counts.assign(static_cast<std::size_t>(numExperts) + 1, 0);
    for (const auto e : chosen)
        ++m_counts[static_cast<std::size_t>(e) + 1];
    for (std::size_t e = 1; e < m_counts.size(); ++e)
        m_counts[e] += m_counts[e - 1];
    items.clear();
    for (std::int64_t e = 0; e < numExperts; ++e) {
        const std::int64_t end = m_counts[static_cast<std::size_t>(e) + 1];
        for (std::int64_t first = m_counts[static_cast<std::size_t>(e)]; first < end; first += tile)
            items.push_back({e, first, std::min(tile, end - first)});
    }
    tokens.resize(chosen.size());
    places.resize(chosen.size());
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        const std::int64_t place = m_counts[static_cast<std::size_t>(chosen[i])]++;
        places[i] = place;
        tokens[static_cast<std::size_t>(place)] = static_cast<std::int64_t>(i) / topK;
    }
}

}
