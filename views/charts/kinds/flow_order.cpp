// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/charts/kinds/flow_order.h"

#include <algorithm>
#include <numeric>
#include <optional>

namespace expertscope {

namespace {

constexpr int kSweeps = 24, kSwapRounds = 12;
constexpr double kNothing = 1e-9; ///< that a swap brings

using Places = std::vector<std::size_t>; ///< [blocks] from the top

/// Sums of weights by place.
class FenwickTree
{
public:
    explicit FenwickTree(std::size_t size)
        : m_sums(size + 1)
    {
    }
    void add(std::size_t place, double weight)
    {
        for (std::size_t i = place + 1; i < m_sums.size(); i += i & (~i + 1))
            m_sums[i] += weight;
        m_total += weight;
    }
    double beyond(std::size_t place) const ///< of larger places
    {
        double upTo = 0;
        for (std::size_t i = place + 1; i > 0; i -= i & (~i + 1))
            upTo += m_sums[i];
        return m_total - upTo;
    }

private:
    std::vector<double> m_sums;
    double m_total = 0;
};

/// A block's links to one side: where they end, how much they weigh.
using Ends = std::vector<std::pair<std::size_t, double>>; ///< other block, weight

class Layout
{
public:
    Layout(const std::vector<std::vector<double>>& sizes, const std::vector<std::vector<FlowLink>>& links)
        : m_links(links)
    {
        for (const auto& column : sizes) {
            m_places.emplace_back(column.size());
            std::iota(m_places.back().begin(), m_places.back().end(), std::size_t(0));
            m_before.emplace_back(column.size());
            m_after.emplace_back(column.size());
        }
        for (std::size_t g = 0; g < links.size(); ++g) {
            for (const FlowLink& link : links[g]) {
                m_after[g][link.from].emplace_back(link.to, link.weight);
                m_before[g + 1][link.to].emplace_back(link.from, link.weight);
            }
        }
    }

    void arrange()
    {
        std::vector<Places> best = m_places;
        double least = crossings();
        for (int sweep = 0; sweep < kSweeps && least > 0; ++sweep) {
            const bool right = sweep % 2 == 0;
            for (std::size_t i = 1; i < m_places.size(); ++i) {
                const std::size_t column = right ? i : m_places.size() - 1 - i;
                toBarycentres(
                    column, right ? m_before[column] : m_after[column], m_places[right ? column - 1 : column + 1]);
            }
            if (const double now = crossings(); now < least) {
                least = now;
                best = m_places;
            }
        }
        m_places = best;
        for (int round = 0; round < kSwapRounds && swapNeighbours(); ++round) { }
        if (crossings() > least) // by rounding alone
            m_places = best;
    }

    std::vector<Places> orders() const
    {
        std::vector<Places> orders;
        for (const Places& places : m_places)
            orders.push_back(inverse(places));
        return orders;
    }

private:
    static Places inverse(const Places& places)
    {
        Places order(places.size());
        for (std::size_t b = 0; b < places.size(); ++b)
            order[places[b]] = b;
        return order;
    }

    double crossings() const
    {
        double sum = 0;
        for (std::size_t g = 0; g < m_links.size(); ++g)
            sum += weightedCrossings(m_links[g], m_places[g], m_places[g + 1]);
        return sum;
    }

    void toBarycentres(std::size_t column, const std::vector<Ends>& ends, const Places& others)
    {
        std::vector<double> centre(ends.size());
        // Where the columns have different numbers of blocks, places are compared as parts of the whole.
        const double scale = double(ends.size()) / double(std::max<std::size_t>(1, others.size()));
        for (std::size_t b = 0; b < ends.size(); ++b) {
            double weight = 0, sum = 0;
            for (const auto& [other, w] : ends[b]) {
                weight += w;
                sum += w * double(others[other]);
            }
            centre[b] = weight > 0 ? sum / weight * scale : double(m_places[column][b]);
        }
        Places order = inverse(m_places[column]);
        std::ranges::stable_sort(order, {}, [&](std::size_t b) { return centre[b]; });
        m_places[column] = inverse(order);
    }

    /// Weight of the crossings between the links of a block and of the one below it: as they stand, less as they would
    /// stand the other way.
    static double gain(const Ends& upper, const Ends& lower, const Places& places)
    {
        const auto placed = [&](const Ends& ends) {
            std::vector<std::pair<std::size_t, double>> sorted;
            sorted.reserve(ends.size());
            for (const auto& [other, weight] : ends)
                sorted.emplace_back(places[other], weight);
            std::ranges::sort(sorted);
            return sorted;
        };
        const auto below = placed(lower);
        double all = 0, before = 0, at = 0, gain = 0; // weights of `lower`: at places before the one at hand, and there
        for (const auto& [place, weight] : below)
            all += weight;
        auto next = below.begin();
        std::optional<std::size_t> here;
        for (const auto& [place, weight] : placed(upper)) {
            if (here != place) {
                here = place;
                for (at = 0; next != below.end() && next->first < place; ++next)
                    before += next->second;
                if (next != below.end() && next->first == place)
                    at = next->second; // a pair of blocks has one link
            }
            gain += weight * (before - (all - before - at));
        }
        return gain;
    }

    bool swapNeighbours()
    {
        bool any = false;
        for (std::size_t column = 0; column < m_places.size(); ++column) {
            Places order = inverse(m_places[column]);
            for (std::size_t i = 0; i + 1 < order.size(); ++i) {
                const std::size_t upper = order[i], lower = order[i + 1];
                double better = 0;
                if (column > 0)
                    better += gain(m_before[column][upper], m_before[column][lower], m_places[column - 1]);
                if (column + 1 < m_places.size())
                    better += gain(m_after[column][upper], m_after[column][lower], m_places[column + 1]);
                if (better <= kNothing)
                    continue;
                std::swap(order[i], order[i + 1]);
                any = true;
            }
            m_places[column] = inverse(order);
        }
        return any;
    }

    const std::vector<std::vector<FlowLink>>& m_links;
    std::vector<Places> m_places; ///< [columns][blocks]
    std::vector<std::vector<Ends>> m_before, m_after; ///< [columns][blocks]
};

}

double weightedCrossings(
    const std::vector<FlowLink>& links, const std::vector<std::size_t>& from, const std::vector<std::size_t>& to)
{
    std::vector<FlowLink> placed;
    placed.reserve(links.size());
    for (const FlowLink& link : links)
        placed.push_back({from[link.from], to[link.to], link.weight});
    std::ranges::sort(placed, {}, [](const FlowLink& link) { return std::pair(link.from, link.to); });
    FenwickTree above(to.size());
    double sum = 0;
    for (std::size_t i = 0, end = 0; i < placed.size(); i = end) {
        for (end = i; end < placed.size() && placed[end].from == placed[i].from; ++end)
            sum += placed[end].weight * above.beyond(placed[end].to);
        for (std::size_t j = i; j < end; ++j)
            above.add(placed[j].to, placed[j].weight);
    }
    return sum;
}

std::vector<std::vector<std::size_t>> flowOrder(
    const std::vector<std::vector<double>>& sizes, const std::vector<std::vector<FlowLink>>& links)
{
    Layout layout(sizes, links);
    layout.arrange();
    auto orders = layout.orders();
    if (orders.empty() || orders.front().empty())
        return orders;
    const auto heaviest = std::size_t(std::ranges::max_element(sizes.front()) - sizes.front().begin());
    const auto place = std::size_t(std::ranges::find(orders.front(), heaviest) - orders.front().begin());
    if (2 * place + 1 > orders.front().size()) {
        for (auto& order : orders)
            std::ranges::reverse(order);
    }
    return orders;
}

}
