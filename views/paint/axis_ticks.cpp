// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/axis_ticks.h"

#include <QLocale>

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

/// The smallest of 1, 2, 2.5, 5 times a power of ten that is not below `x`.
double roundUp(double x, bool quarters)
{
    if (!(x > 0))
        return 1;
    const double decade = std::pow(10, std::floor(std::log10(x)));
    const double steps[] = {1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10};
    const double coarse[] = {1, 2, 2.5, 5, 10};
    const auto pick = [&](auto& list) {
        for (const double s : list) {
            if (s * decade >= x * (1 - 1e-9))
                return s * decade;
        }
        return 10 * decade;
    };
    return quarters ? pick(steps) : pick(coarse);
}

}

QString tickText(double value, bool fraction)
{
    if (fraction && value > 0 && value < 1) {
        const double inverse = 1 / value;
        if (std::abs(inverse - std::round(inverse)) < 1e-9 * inverse)
            return QStringLiteral("1/") + QString::number(qint64(std::llround(inverse)));
    }
    if (std::abs(value) < 1e-12)
        value = 0;
    return QLocale::c().toString(value, 'g', 4).replace('-', QChar(0x2212));
}

std::vector<Tick> cellTicks(const std::vector<int>& names, double first, double last, int most)
{
    std::vector<Tick> ticks;
    const int n = int(names.size());
    const int from = std::max(0, int(std::ceil(first))), to = std::min(n - 1, int(std::floor(last)));
    most = std::max(most, 2);
    for (int step = 1; step <= (1 << 24); step *= 2) {
        ticks.clear();
        for (int i = from; i <= to; ++i) {
            if (names[std::size_t(i)] % step == 0) {
                ticks.push_back({double(i), QString::number(names[std::size_t(i)])});
                if (int(ticks.size()) > most)
                    break;
            }
        }
        if (int(ticks.size()) <= most)
            return ticks;
    }
    return ticks;
}

std::vector<Tick> scaleTicks(const ColourScale& scale, int most, bool below, bool above)
{
    std::vector<double> values;
    most = std::max(most, 2);
    if (scale.kind == ScaleKind::Log2) {
        const double lo = std::log2(scale.low), hi = std::log2(scale.high);
        // Powers of two that meet both ends and 1, where the limits allow it.
        double step = 0;
        for (const double candidate : {0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 8.0}) {
            const auto whole = [&](double x) { return std::abs(x - std::round(x)) < 1e-9; };
            if (whole(lo / candidate) && whole(hi / candidate) && (hi - lo) / candidate <= most
                && (candidate >= 1 || hi - lo <= 2)) {
                step = candidate;
                break;
            }
        }
        for (double candidate = 1; step == 0; candidate *= 2) {
            if ((hi - lo) / candidate <= most)
                step = hi - lo < 1 ? (hi - lo) / 2 : candidate;
        }
        for (double p = std::ceil(lo / step - 1e-9) * step; p <= hi + 1e-9; p += step)
            values.push_back(std::exp2(p));
    } else {
        const double step = roundUp((scale.high - scale.low) / most, false);
        for (double v = std::ceil(scale.low / step - 1e-9) * step; v <= scale.high + step * 1e-9; v += step)
            values.push_back(v);
    }
    std::vector<Tick> ticks;
    for (const double v : values)
        ticks.push_back({scale.position(v), tickText(v, scale.kind == ScaleKind::Log2)});
    if (ticks.empty())
        return ticks;
    if (below && ticks.front().position < 1e-6)
        ticks.front().label.prepend(QChar(0x2264));
    if (above && ticks.back().position > 1 - 1e-6)
        ticks.back().label.prepend(QChar(0x2265));
    return ticks;
}

std::pair<double, double> roundLimits(ScaleKind kind, double least, double largest)
{
    if (kind == ScaleKind::Log2) {
        double reach = 0;
        for (const double v : {least, largest}) {
            if (v > 0 && std::isfinite(v))
                reach = std::max(reach, std::abs(std::log2(v)));
        }
        reach = reach <= 0.5 ? 0.5 : std::min(4.0, std::ceil(reach - 1e-9));
        return {std::exp2(-reach), std::exp2(reach)};
    }
    if (!(largest > least) || !std::isfinite(largest) || !std::isfinite(least))
        return {0, largest > 0 && std::isfinite(largest) ? roundUp(largest, true) : 1};
    if (least >= 0)
        return {0, roundUp(largest, true)};
    const double step = roundUp((largest - least) / 4, false);
    return {std::floor(least / step) * step, std::ceil(largest / step) * step};
}

}
