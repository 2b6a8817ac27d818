// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/simulation/rank_order.h"

#include <algorithm>
#include <numeric>

namespace expertscope::simulation {

RankOrder::RankOrder(std::uint32_t numObjects)
    : m_keys(numObjects)
    , m_ranks(numObjects)
    , m_order(numObjects)
{
    std::iota(m_ranks.begin(), m_ranks.end(), 0u);
    std::iota(m_order.begin(), m_order.end(), 0u);
}

void RankOrder::use(std::uint32_t object, std::uint64_t event, std::uint32_t rank)
{
    m_keys[object].recency = ((event + 1) << 20) - std::min(rank, (1u << 20) - 1);
}

void RankOrder::scale(double factor)
{
    for (Key& key : m_keys)
        key.score *= factor;
}

void RankOrder::reorder(std::span<const std::uint32_t> objects, Moves& moves)
{
    moves.membersLead = false;
    moves.from.resize(objects.size());
    moves.to.resize(objects.size());
    if (objects.empty())
        return;
    for (std::size_t i = 0; i < objects.size(); ++i)
        moves.from[i] = m_ranks[objects[i]];
    // These are merged into the others again, within the ranks that can change.
    m_sorted.assign(objects.begin(), objects.end());
    std::ranges::sort(m_sorted, [&](auto a, auto b) { return before(a, b); });
    const auto [least, most] = std::ranges::minmax(moves.from);
    std::uint32_t low = least, high = most + 1; // what may change
    while (low > 0 && before(m_sorted.front(), m_order[low - 1]))
        --low;
    while (high < m_order.size() && before(m_order[high], m_sorted.back()))
        ++high;
    m_kept.clear();
    for (const std::uint32_t object : m_sorted)
        m_ranks[object] = UINT32_MAX;
    for (std::uint32_t rank = low; rank < high; ++rank) {
        if (m_ranks[m_order[rank]] != UINT32_MAX)
            m_kept.push_back(m_order[rank]);
    }
    std::merge(m_kept.begin(), m_kept.end(), m_sorted.begin(), m_sorted.end(), m_order.begin() + low,
        [&](auto a, auto b) { return before(a, b); });
    for (std::uint32_t rank = low; rank < high; ++rank)
        m_ranks[m_order[rank]] = rank;
    for (std::size_t i = 0; i < objects.size(); ++i)
        moves.to[i] = m_ranks[objects[i]];
}

}
