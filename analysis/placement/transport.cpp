// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/placement/transport.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <numeric>

namespace expertscope::placement {

namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max() / 4;

class Transport
{
public:
    Transport(std::span<const std::int64_t> cost, std::span<const std::uint32_t> room)
        : m_cost(cost)
        , m_gpus(room.size())
        , m_room(room.begin(), room.end())
        , m_items(m_gpus)
        , m_move(m_gpus * m_gpus, kNever)
        , m_mover(m_gpus * m_gpus)
        , m_distance(m_gpus)
        , m_before(m_gpus)
    {
    }

    std::vector<std::uint32_t> solve()
    {
        const std::size_t n = m_cost.size() / m_gpus;
        std::vector<std::uint32_t> gpuOf(n);
        for (std::size_t item = 0; item < n; ++item)
            insert(static_cast<std::uint32_t>(item));
        for (std::size_t g = 0; g < m_gpus; ++g) {
            for (const std::uint32_t item : m_items[g])
                gpuOf[item] = static_cast<std::uint32_t>(g);
        }
        return gpuOf;
    }

private:
    static constexpr std::uint32_t kStart = UINT32_MAX;

    /// What it costs more to have `item` on GPU `to` than on GPU `from`.
    std::int64_t extra(std::uint32_t item, std::size_t from, std::size_t to) const
    {
        return m_cost[item * m_gpus + to] - m_cost[item * m_gpus + from];
    }

    void insert(std::uint32_t item)
    {
        // Distances by Bellman and Ford: moves may be gains, but never in a cycle, for what is placed is optimal.
        for (std::size_t g = 0; g < m_gpus; ++g) {
            m_distance[g] = m_cost[item * m_gpus + g];
            m_before[g] = kStart;
        }
        for (bool changed = true; changed;) {
            changed = false;
            for (std::size_t g = 0; g < m_gpus; ++g) {
                if (m_room[g] > m_items[g].size())
                    continue; // the chain could have ended there: no shortest one passes through to another such GPU
                const std::int64_t* row = m_move.data() + g * m_gpus;
                for (std::size_t h = 0; h < m_gpus; ++h) {
                    if (row[h] < kNever && m_distance[g] + row[h] < m_distance[h]) {
                        m_distance[h] = m_distance[g] + row[h];
                        m_before[h] = static_cast<std::uint32_t>(g);
                        changed = true;
                    }
                }
            }
        }
        std::size_t end = m_gpus;
        for (std::size_t g = 0; g < m_gpus; ++g) {
            if (m_room[g] > m_items[g].size() && (end == m_gpus || m_distance[g] < m_distance[end]))
                end = g;
        }
        assert(end < m_gpus);
        std::size_t g = end;
        for (; m_before[g] != kStart; g = m_before[g]) { // backwards, so that each move still finds its item
            const std::size_t from = m_before[g];
            const std::uint32_t mover = m_mover[from * m_gpus + g];
            std::erase(m_items[from], mover);
            m_items[g].push_back(mover);
        }
        m_items[g].push_back(item);
        for (std::size_t h = end; h != kStart; h = m_before[h])
            refresh(h);
    }

    /// The cheapest moves out of GPU g, after its items have changed.
    void refresh(std::size_t g)
    {
        std::int64_t* row = m_move.data() + g * m_gpus;
        std::fill(row, row + m_gpus, kNever);
        for (const std::uint32_t item : m_items[g]) {
            for (std::size_t h = 0; h < m_gpus; ++h) {
                const std::int64_t more = extra(item, g, h);
                if (h != g && more < row[h]) {
                    row[h] = more;
                    m_mover[g * m_gpus + h] = item;
                }
            }
        }
    }

    const std::span<const std::int64_t> m_cost;
    const std::size_t m_gpus;
    const std::vector<std::uint32_t> m_room;
    std::vector<std::vector<std::uint32_t>> m_items; ///< of each GPU
    std::vector<std::int64_t> m_move; ///< [G, G] least cost of moving some item of g to h
    std::vector<std::uint32_t> m_mover; ///< [G, G] that item
    std::vector<std::int64_t> m_distance;
    std::vector<std::uint32_t> m_before; ///< GPU before on the shortest chain
};

}

std::vector<std::uint32_t> solveTransport(std::span<const std::int64_t> cost, std::span<const std::uint32_t> room)
{
    if (room.empty())
        return {};
    assert(std::accumulate(room.begin(), room.end(), std::size_t(0)) >= cost.size() / room.size());
    return Transport(cost, room).solve();
}

}
