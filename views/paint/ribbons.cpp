// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/ribbons.h"

#include <algorithm>
#include <numeric>

namespace expertscope {

namespace {

double height(const std::vector<FlowBlock>& column)
{
    return std::accumulate(
        column.begin(), column.end(), 0.0, [](double sum, const FlowBlock& block) { return sum + block.size; });
}

}

void Ribbons::extend(Extent& extent, bool alongX) const
{
    if (alongX)
        return;
    extent.grounded = true;
    extent.take(0);
    for (const auto& column : blocks)
        extent.take(height(column));
}

std::optional<std::pair<double, double>> Ribbons::keyedValues() const
{
    Extent extent;
    for (const auto& gap : ribbons)
        for (const FlowRibbon& ribbon : gap)
            extent.take(ribbon.colour);
    if (extent.least > extent.largest)
        return {};
    return std::pair{extent.least, extent.largest};
}

RibbonPlaces::RibbonPlaces(const Ribbons& flow)
{
    const std::size_t stages = flow.stages();
    rest.resize(stages);
    for (const auto& column : flow.blocks) {
        double top = height(column);
        blocks.emplace_back();
        for (const FlowBlock& block : column) {
            blocks.back().push_back(top);
            top -= block.size;
        }
        rest[blocks.size() - 1].reserve(column.size());
        for (const double at : blocks.back())
            rest[blocks.size() - 1].emplace_back(at, at);
    }
    for (std::size_t g = 0; g < flow.ribbons.size(); ++g) {
        const auto& gap = flow.ribbons[g];
        std::vector<std::size_t> order(gap.size());
        std::iota(order.begin(), order.end(), std::size_t(0));
        ribbons.emplace_back(gap.size());
        std::ranges::stable_sort(order, {}, [&](std::size_t r) { return std::pair(gap[r].from, gap[r].to); });
        for (const std::size_t r : order) {
            ribbons[g][r].first = rest[g][gap[r].from].second;
            rest[g][gap[r].from].second -= gap[r].size;
        }
        std::ranges::stable_sort(order, {}, [&](std::size_t r) { return std::pair(gap[r].to, gap[r].from); });
        for (const std::size_t r : order) {
            ribbons[g][r].second = rest[g + 1][gap[r].to].first;
            rest[g + 1][gap[r].to].first -= gap[r].size;
        }
    }
}

}
