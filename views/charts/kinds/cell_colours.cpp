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

using Limits = std::pair<double, double>;

/// Ends on a logarithmic scale without a neutral value: powers of two, or of narrow ranges hundredths.
Limits logLimits(double least, double largest)
{
    if (!(least > 0) || !std::isfinite(largest))
        return {0.5, 2};
    if (largest / least < 4) {
        const Limits near{std::floor(least * 100) / 100, std::ceil(largest * 100) / 100};
        if (near.first > 0 && near.first < near.second)
            return near;
    }
    const Limits far{std::exp2(std::floor(std::log2(least))), std::exp2(std::ceil(std::log2(largest)))};
    return far.first < far.second ? far : Limits{far.first / 2, far.second * 2};
}

/// As far below the centre as above it, to a round number.
Limits aboutCentre(double centre, double least, double largest)
{
    const double reach = std::max(centre - least, largest - centre);
    const double round = roundLimits(ScaleKind::Linear, 0, reach).second;
    return {centre - round, centre + round};
}

Limits roundedLimits(const HeatMap& map, ScaleKind kind, bool diverging, double least, double largest)
{
    if (!diverging)
        return kind == ScaleKind::Log2 ? logLimits(least, largest) : roundLimits(kind, least, largest);
    return kind == ScaleKind::Log2 ? roundLimits(kind, least, largest) : aboutCentre(map.centre, least, largest);
}

Limits limitsOf(const HeatMap& map, ScaleKind kind, bool diverging, std::optional<double> percentile)
{
    std::vector<float> values;
    for (const float v : map.values.values()) {
        if (!std::isnan(v) && (kind != ScaleKind::Log2 || v > 0))
            values.push_back(v);
    }
    if (values.empty())
        return roundLimits(kind, 0, 0);
    const auto [least, largest] = std::ranges::minmax(values);
    const double beyond = percentile ? (100 - *percentile) / 200 : kExceptions; // at each end
    const auto cut =
        std::ptrdiff_t(percentile ? beyond * double(values.size()) : std::ceil(beyond * double(values.size())));
    if ((!percentile && values.size() < kMany) || cut == 0 || 2 * std::size_t(cut) >= values.size())
        return roundedLimits(map, kind, diverging, least, largest);
    std::ranges::nth_element(values, values.begin() + cut);
    const double low = values[std::size_t(cut)];
    std::ranges::nth_element(values, values.end() - 1 - cut);
    const double high = values[values.size() - 1 - std::size_t(cut)];
    const auto width = [&](double a, double b) {
        return kind == ScaleKind::Log2 ? std::max(std::abs(std::log2(a)), std::abs(std::log2(b)))
                                       : b - std::min(a, 0.0);
    };
    const bool squeezed = width(least, largest) > kSqueezed * width(low, high) && high > low;
    return percentile || squeezed ? roundedLimits(map, kind, diverging, low, high)
                                  : roundedLimits(map, kind, diverging, least, largest);
}

}

Expected<ColourKey> colourCells(Look& look, const HeatMap& map, CellMeaning meaning, const QString& title)
{
    const bool compared = meaning != CellMeaning::Amount;
    if (look.colours.isEmpty())
        look.colours = compared ? "vik" : "viridis";
    ColourKey key;
    ES_ASSIGN(key.scale.table, colourTable(look.colours));
    if (!look.scale)
        look.scale = meaning == CellMeaning::Ratio ? ScaleKind::Log2 : ScaleKind::Linear;
    if (!look.reducer)
        look.reducer = compared ? Reducer::Extreme : Reducer::Max;
    if (meaning == CellMeaning::Difference && *look.scale == ScaleKind::Log2)
        return fail("a difference may be negative: it has no log2 scale", "colours", "choose a linear scale");
    const bool diverging = key.scale.table.diverging && (compared || *look.scale == ScaleKind::Log2);
    if (!look.limits)
        look.limits = limitsOf(map, *look.scale, diverging, look.percentile);
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
