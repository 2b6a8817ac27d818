// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/charts/kinds/cell_colours.h"

#include "views/paint/axis_ticks.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

/// Of fewer cells none is thought an exception.
constexpr std::size_t kMany = 200;
constexpr double kExceptions = 0.005; ///< of them, at each end
constexpr double kSqueezed = 3; ///< times as wide with them: then they are left out

std::pair<double, double> limitsOf(const HeatMap& map, ScaleKind kind)
{
    std::vector<float> values;
    for (const float v : map.values.values()) {
        if (!std::isnan(v) && (kind != ScaleKind::Log2 || v > 0))
            values.push_back(v);
    }
    if (values.empty())
        return roundLimits(kind, 0, 0);
    const auto [least, largest] = std::ranges::minmax(values);
    if (values.size() < kMany)
        return roundLimits(kind, least, largest);
    const auto cut = std::ptrdiff_t(std::ceil(kExceptions * double(values.size())));
    std::ranges::nth_element(values, values.begin() + cut);
    const double low = values[std::size_t(cut)];
    std::ranges::nth_element(values, values.end() - 1 - cut);
    const double high = values[values.size() - 1 - std::size_t(cut)];
    const auto width = [&](double a, double b) {
        return kind == ScaleKind::Log2 ? std::max(std::abs(std::log2(a)), std::abs(std::log2(b)))
                                       : b - std::min(a, 0.0);
    };
    const bool squeezed = width(least, largest) > kSqueezed * width(low, high) && high > low;
    return squeezed ? roundLimits(kind, low, high) : roundLimits(kind, least, largest);
}

}

Expected<ColourKey> colourCells(Look& look, const HeatMap& map, CellMeaning meaning, const QString& title)
{
    const bool ratio = meaning == CellMeaning::Ratio;
    if (look.colours.isEmpty())
        look.colours = ratio ? "vik" : "viridis";
    ColourKey key;
    ES_ASSIGN(key.scale.table, colourTable(look.colours));
    if (!look.scale)
        look.scale = ratio ? ScaleKind::Log2 : ScaleKind::Linear;
    if (!look.reducer)
        look.reducer = ratio ? Reducer::Extreme : Reducer::Max;
    if (!look.limits)
        look.limits = limitsOf(map, *look.scale);
    if (!(look.limits->first < look.limits->second))
        return fail("are not two numbers, lower first", "colour limits");
    if (*look.scale == ScaleKind::Log2 && look.limits->first <= 0)
        return fail("must be above 0 on a log2 scale", "colour limits");
    key.scale.kind = *look.scale;
    key.scale.low = look.limits->first;
    key.scale.high = look.limits->second;
    key.reducer = *look.reducer;
    key.title = title;
    return key;
}

}
