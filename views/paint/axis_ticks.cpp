// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/axis_ticks.h"

#include <QLocale>

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

constexpr double kMostCounted = 200; ///< steps beyond are decimal even between whole numbers

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

std::vector<double> linearValues(double low, double high, double step)
{
    std::vector<double> values;
    // By the number of steps: added up, 20 times 0.05 is no longer 1.
    for (double n = std::ceil(low / step - 1e-9); n * step <= high + step * 1e-9; ++n)
        values.push_back(n * step);
    return values;
}

/// Round values at least 1/most of the way apart on a logarithmic scale, the roundest first.
std::vector<double> roundLogValues(double low, double high, int most)
{
    const double apart = std::log(high / low) / most * (1 - 1e-6);
    std::vector<double> values;
    const auto add = [&](double v) {
        const bool inside = v >= low * (1 - 1e-9) && v <= high * (1 + 1e-9);
        if (inside && std::ranges::none_of(values, [&](double u) { return std::abs(std::log(u / v)) < apart; }))
            values.push_back(v);
    };
    const auto isShort = [](double v) { return std::abs(v * 100 - std::round(v * 100)) < 1e-6; };
    add(1);
    for (const double end : {low, high}) {
        if (isShort(end))
            add(end);
    }
    for (const double mantissa :
        {1., 5., 2., 1.5, 3., 8., 7., 6., 4., 9., 1.2, 2.5, 1.1, 1.3, 1.4, 1.6, 1.8, 0.95, 1.05})
        for (double decade = std::floor(std::log10(low)); decade <= std::ceil(std::log10(high)); ++decade)
            add(mantissa * std::pow(10, decade));
    std::ranges::sort(values);
    return values;
}

/// For a logarithmic axis: powers of ten over three decades or more, else 1, 2, 5 (or 1, 3) times powers of ten, and
/// equal steps where there are less than three of these.
std::vector<double> logAxisValues(double low, double high, int most)
{
    const double decades = std::log10(high / low), apart = decades / most * (1 - 1e-6);
    const auto multiples = [&](const std::vector<double>& mantissas, double step) {
        std::vector<double> values;
        for (double p = std::floor(std::log10(low)); p <= std::ceil(std::log10(high)); p += 1) {
            if (std::abs(std::remainder(p, step)) > 1e-9)
                continue;
            for (const double m : mantissas) {
                const double v = m * std::pow(10, p);
                if (v >= low * (1 - 1e-9) && v <= high * (1 + 1e-9))
                    values.push_back(v);
            }
        }
        return values;
    };
    if (decades >= 3)
        return multiples({1}, std::max(1.0, std::ceil(apart)));
    for (const auto& [mantissas, gap] : {std::pair(std::vector{1., 2., 5.}, 0.301), {std::vector{1., 3.}, 0.477}}) {
        const std::vector<double> values = multiples(mantissas, 1);
        if (gap >= apart && values.size() > 2)
            return values;
    }
    for (const auto& mantissas : {std::vector{1.}, {1., 3.}}) {
        const std::vector<double> values = multiples(mantissas, 1);
        if (high / low > 3 && values.size() > 1)
            return values;
    }
    return linearValues(low, high, roundUp((high - low) / most, false));
}

/// Powers of two that meet both ends and 1, where the limits allow it.
std::vector<double> log2Values(double low, double high, int most)
{
    const double lo = std::log2(low), hi = std::log2(high);
    if (hi - lo < 2 - 1e-9)
        return roundLogValues(low, high, most);
    const auto whole = [](double x) { return std::abs(x - std::round(x)) < 1e-9; };
    double step = 0;
    for (const double candidate : {1.0, 2.0, 3.0, 4.0, 5.0, 8.0}) {
        if (step == 0 && whole(lo / candidate) && whole(hi / candidate) && (hi - lo) / candidate <= most)
            step = candidate;
    }
    for (double candidate = 1; step == 0; candidate *= 2) {
        if ((hi - lo) / candidate <= most)
            step = candidate;
    }
    std::vector<double> values;
    for (const double p : linearValues(lo, hi, step))
        values.push_back(std::exp2(p));
    return values;
}

}

QString tickText(double value, bool fraction)
{
    if (fraction && value > 0 && value < 1) {
        const double inverse = 1 / value, power = std::log2(inverse);
        if (std::abs(power - std::round(power)) < 1e-9)
            return QStringLiteral("1/") + QString::number(qint64(std::llround(inverse)));
    }
    if (std::abs(value) < 1e-12)
        value = 0;
    return QLocale::c().toString(value, 'g', 4).replace('-', QChar(0x2212));
}

std::vector<Tick> cellTicks(const std::vector<int>& names, double first, double last, int most, bool decimal)
{
    std::vector<Tick> ticks;
    const int n = int(names.size());
    const int from = std::max(0, int(std::ceil(first))), to = std::min(n - 1, int(std::floor(last)));
    most = std::max(most, 2);
    int step = 1;
    const auto larger = [decimal](int s) {
        while (decimal && s % 10 == 0)
            s /= 10;
        return decimal && s == 2 ? 2.5 : 2.0; // 1, 2, 5, 10
    };
    for (; step <= (1 << 24); step = int(step * larger(step))) {
        ticks.clear();
        for (int i = from; i <= to && int(ticks.size()) <= most; ++i) {
            if (names[std::size_t(i)] % step == 0)
                ticks.push_back({double(i), QString::number(names[std::size_t(i)])});
        }
        if (int(ticks.size()) <= most)
            break;
    }
    if (to < n - 1 || to < from || step == 1)
        return ticks;
    const double room = double(to - from) / most; // that a label needs, in cells
    if (!ticks.empty() && ticks.back().position < to && to - ticks.back().position < room && ticks.size() > 2)
        ticks.pop_back();
    if (ticks.empty() || (ticks.back().position < to && to - ticks.back().position >= room))
        ticks.push_back({double(to), QString::number(names[std::size_t(to)])});
    if (from == 0 && !ticks.empty() && ticks.front().position >= room && int(ticks.size()) < most)
        ticks.insert(ticks.begin(), {0, QString::number(names.front())});
    return ticks;
}

std::vector<Tick> wordTicks(const std::vector<QString>& words, double first, double last, int most)
{
    std::vector<Tick> ticks;
    const int n = int(words.size());
    const int from = std::max(0, int(std::ceil(first))), to = std::min(n - 1, int(std::floor(last)));
    const int step = std::max(1, int(std::ceil(double(to - from + 1) / std::max(1, most))));
    for (int i = (from + step - 1) / step * step; i <= to; i += step)
        ticks.push_back({double(i), words[std::size_t(i)]});
    return ticks;
}

std::vector<Tick> scaleTicks(const ColourScale& scale, int most, bool below, bool above)
{
    std::vector<double> values;
    most = std::max(most, 2);
    if (scale.kind == ScaleKind::Log2)
        values = log2Values(scale.low, scale.high, most);
    else
        values = linearValues(scale.low, scale.high, roundUp((scale.high - scale.low) / most, false));
    if (scale.kind == ScaleKind::Linear && values.size() < 2) // one alone says nothing
        values = scale.low < 0 && scale.high > 0 && most > 2 ? std::vector{scale.low, 0., scale.high}
                                                             : std::vector{scale.low, scale.high};
    std::vector<Tick> ticks;
    for (const double v : values)
        ticks.push_back({scale.position(v), tickText(v, scale.kind == ScaleKind::Log2)});
    // Where data go beyond an end, that end is named, whatever its value.
    const double apart = 0.7 / most;
    const auto rounded = [](double v) { return tickText(QString::number(v, 'g', 3).toDouble(), false); };
    if (below) {
        if (ticks.empty() || ticks.front().position > 1e-6) {
            std::erase_if(ticks, [&](const Tick& t) { return t.position < apart; });
            ticks.insert(ticks.begin(), {0, rounded(scale.low)});
        }
        ticks.front().label.prepend(QChar(0x2264));
    }
    if (above) {
        if (ticks.empty() || ticks.back().position < 1 - 1e-6) {
            std::erase_if(ticks, [&](const Tick& t) { return t.position > 1 - apart; });
            ticks.push_back({1, rounded(scale.high)});
        }
        ticks.back().label.prepend(QChar(0x2265));
    }
    return ticks;
}

std::pair<double, double> roundLimits(ScaleKind kind, double least, double largest)
{
    if (kind == ScaleKind::Log2) {
        double reach = 1;
        for (const double v : {least, largest}) {
            if (v > 0 && std::isfinite(v))
                reach = std::max({reach, v, 1 / v});
        }
        for (const double times : {1.1, 1.25, 1.5, 2., 4., 8.}) {
            if (reach <= times * (1 + 1e-9))
                return {1 / times, times};
        }
        return {1. / 16, 16};
    }
    if (!(largest > least) || !std::isfinite(largest) || !std::isfinite(least))
        return {0, largest > 0 && std::isfinite(largest) ? roundUp(largest, true) : 1};
    if (least >= 0)
        return {0, roundUp(largest, true)};
    const double step = roundUp((largest - least) / 4, false);
    return {std::floor(least / step) * step, std::ceil(largest / step) * step};
}

std::vector<Tick> numberTicks(Axis::Scale scale, bool whole, double low, double high, int most)
{
    std::vector<Tick> ticks;
    if (!(high > low) || !std::isfinite(low) || !std::isfinite(high))
        return ticks;
    most = std::max(most, 2);
    const bool log = scale == Axis::Scale::Log2 || scale == Axis::Scale::Log10;
    std::vector<double> values;
    if (!log) {
        double step = roundUp((high - low) / most, false);
        if (whole && step <= kMostCounted) { // layers, experts and slots come in powers of two
            for (step = 1; (high - low) / step > most;)
                step *= 2;
        }
        values = linearValues(low, high, step);
    } else if (low <= 0) {
        return ticks;
    } else if (scale == Axis::Scale::Log2 && std::log2(high / low) >= 2) {
        values = log2Values(low, high, most);
    } else {
        values = logAxisValues(low, high, most);
    }
    for (const double v : values) {
        if (whole && v != std::round(v))
            continue;
        // As an exponent where the number is long: the axis sets it as a superscript.
        const bool power = scale == Axis::Scale::Log10 && (v >= 1e5 || v < 1e-3);
        QString label =
            power ? QString("1e%1").arg(int(std::lround(std::log10(v)))) : tickText(v, scale == Axis::Scale::Log2);
        if (!power && std::abs(v) >= 1e4 && std::abs(v) < 1e15 && v == std::round(v))
            label = QLocale(QLocale::English).toString(qint64(v)).replace('-', QChar(0x2212)); // "200,000"
        ticks.push_back({v, label});
    }
    return ticks;
}

std::pair<double, double> roundRange(Axis::Scale scale, double least, double largest)
{
    const bool log = scale == Axis::Scale::Log2 || scale == Axis::Scale::Log10;
    if (!std::isfinite(least) || !std::isfinite(largest) || largest < least || (log && largest <= 0))
        return log ? std::pair(1.0, 10.0) : std::pair(0.0, 1.0);
    if (log) {
        if (least <= 0)
            least = largest / 1e6;
        const double room = std::max(std::pow(largest / least, 0.03), 1.02);
        return {least / room, largest * room};
    }
    if (largest == least) {
        if (least == 0)
            return {0, 1};
        const double half = std::abs(least) / 2;
        return roundRange(scale, least >= 0 ? std::max(0.0, least - half) : least - half, largest + half);
    }
    if (least >= 0 && least < 0.6 * largest)
        return {0, roundUp(largest * 1.02, true)};
    const double step = roundUp((largest - least) / 5, false);
    return {std::floor(least / step + 1e-9) * step, std::ceil(largest / step - 1e-9) * step};
}

}
