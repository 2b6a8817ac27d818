// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/simulation/stack/rank_order.h"

#include <algorithm>
#include <numeric>

namespace expertscope::simulation {

RankOrder::RankOrder(std::uint32_t numObjects)
    : m_numObjects(numObjects)
    , m_keys((std::size_t(numObjects) + 63) / 64 * 64)
{
    if (numObjects <= kMostOrdered) {
        m_fewRanks.resize(m_keys.size());
        std::iota(m_fewRanks.begin(), m_fewRanks.end(), std::uint16_t(0));
        return;
    }
    m_ranks.resize(numObjects);
    std::iota(m_ranks.begin(), m_ranks.end(), 0u);
    m_order = m_ranks;
}

std::vector<std::uint32_t> RankOrder::ranks() const
{
    if (m_fewRanks.empty())
        return m_ranks;
    return {m_fewRanks.begin(), m_fewRanks.begin() + m_numObjects};
}

void RankOrder::reorder(std::span<const std::uint32_t> objects, Moves& moves)
{
    moves.membersLead = false;
    moves.from.resize(objects.size());
    moves.to.resize(objects.size());
    if (objects.empty())
        return;
    if (m_fewRanks.empty())
        merge(objects, moves);
    else
        m_kernels.reorder(m_keys.data(), static_cast<std::uint32_t>(m_keys.size()), objects.data(),
            static_cast<std::uint32_t>(objects.size()), m_fewRanks.data(), moves.from.data(), moves.to.data());
}

/// These are merged into the others again, within the ranks that can change.
void RankOrder::merge(std::span<const std::uint32_t> objects, Moves& moves)
{
    for (std::size_t i = 0; i < objects.size(); ++i)
        moves.from[i] = m_ranks[objects[i]];
    const auto first = [&](std::uint32_t a, std::uint32_t b) { return m_keys[a] > m_keys[b]; };
    m_sorted.assign(objects.begin(), objects.end());
    std::ranges::stable_sort(m_sorted, first);
    const auto [least, most] = std::ranges::minmax(moves.from);
    std::uint32_t low = least, high = most + 1; // what may change
    while (low > 0 && !first(m_order[low - 1], m_sorted.front()))
        --low;
    while (high < m_order.size() && first(m_order[high], m_sorted.back()))
        ++high;
    m_others.clear();
    for (const std::uint32_t object : m_sorted)
        m_ranks[object] = UINT32_MAX;
    for (std::uint32_t rank = low; rank < high; ++rank) {
        if (m_ranks[m_order[rank]] != UINT32_MAX)
            m_others.push_back(m_order[rank]);
    }
    std::merge(m_sorted.begin(), m_sorted.end(), m_others.begin(), m_others.end(), m_order.begin() + low, first);
    for (std::uint32_t rank = low; rank < high; ++rank)
        m_ranks[m_order[rank]] = rank;
    for (std::size_t i = 0; i < objects.size(); ++i)
        moves.to[i] = m_ranks[objects[i]];
}

}
