// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/simulation/stack/rank_order.h"

#include <algorithm>
#include <numeric>

namespace expertscope::simulation {

namespace {

/// Above this many objects moving one by one would take too many steps.
constexpr std::uint32_t kMostSteps = 4096;

}

RankOrder::RankOrder(std::uint32_t numObjects)
    : m_keys(numObjects)
    , m_placed(numObjects)
    , m_ranks(numObjects)
    , m_order(numObjects)
    , m_offset((numObjects >> kRankBits) + 2)
{
    for (std::uint32_t object = 0; object < numObjects; ++object)
        m_keys[object].recency = m_placed[object].recency = numObjects - object;
    std::iota(m_ranks.begin(), m_ranks.end(), 0u);
    std::iota(m_order.begin(), m_order.end(), 0u);
}

void RankOrder::use(std::uint32_t object, std::uint64_t event, std::uint32_t rank)
{
    m_keys[object].recency = ((event + m_offset) << kRankBits) - std::min(rank, (1u << kRankBits) - 1);
}

void RankOrder::scale(double factor)
{
    for (Key& key : m_keys)
        key.score *= factor;
    for (Key& key : m_placed)
        key.score *= factor;
}

void RankOrder::move(std::uint32_t object)
{
    const Key key = m_placed[object] = m_keys[object];
    std::uint32_t rank = m_ranks[object];
    const auto put = [&](std::uint32_t other) {
        m_order[rank] = other;
        m_ranks[other] = rank;
    };
    while (rank > 0 && before(key, m_placed[m_order[rank - 1]])) {
        put(m_order[rank - 1]);
        --rank;
    }
    while (rank + 1 < m_order.size() && before(m_placed[m_order[rank + 1]], key)) {
        put(m_order[rank + 1]);
        ++rank;
    }
    put(object);
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
    if (m_order.size() <= kMostSteps) {
        for (const std::uint32_t object : objects)
            move(object);
        for (std::size_t i = 0; i < objects.size(); ++i)
            moves.to[i] = m_ranks[objects[i]];
        return;
    }
    // These are merged into the others again, within the ranks that can change.
    for (const std::uint32_t object : objects)
        m_placed[object] = m_keys[object];
    m_sorted.assign(objects.begin(), objects.end());
    const auto first = [&](std::uint32_t a, std::uint32_t b) { return before(m_placed[a], m_placed[b]); };
    std::ranges::sort(m_sorted, first);
    const auto [least, most] = std::ranges::minmax(moves.from);
    std::uint32_t low = least, high = most + 1; // what may change
    while (low > 0 && first(m_sorted.front(), m_order[low - 1]))
        --low;
    while (high < m_order.size() && first(m_order[high], m_sorted.back()))
        ++high;
    m_kept.clear();
    for (const std::uint32_t object : m_sorted)
        m_ranks[object] = UINT32_MAX;
    for (std::uint32_t rank = low; rank < high; ++rank) {
        if (m_ranks[m_order[rank]] != UINT32_MAX)
            m_kept.push_back(m_order[rank]);
    }
    std::merge(m_kept.begin(), m_kept.end(), m_sorted.begin(), m_sorted.end(), m_order.begin() + low, first);
    for (std::uint32_t rank = low; rank < high; ++rank)
        m_ranks[m_order[rank]] = rank;
    for (std::size_t i = 0; i < objects.size(); ++i)
        moves.to[i] = m_ranks[objects[i]];
}

}
