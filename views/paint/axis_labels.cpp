// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/axis_labels.h"

#include "views/paint/colour_bar.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

namespace expertscope {

namespace {

constexpr int kMostNumbered = 4096; ///< whole numbers beyond are ticked by round steps

}

AxisLabels::AxisLabels(QCPAxis& axis, const Axis& meaning, const Style& style, std::optional<std::pair<int, int>> ends)
    : m_axis(axis)
    , m_meaning(meaning)
    , m_metrics(style.font)
    , m_ends(ends)
{
}

std::vector<Tick> AxisLabels::ticks(int most) const
{
    const QCPRange range = m_axis.range();
    if (!m_meaning.words.empty())
        return wordTicks(m_meaning.words, range.lower, range.upper, most);
    if (m_meaning.scale == Axis::Scale::Cells)
        return cellTicks(m_meaning.names, range.lower, range.upper, most, m_meaning.decimal);
    if (m_ends && m_ends->second - m_ends->first < kMostNumbered) {
        std::vector<int> numbers(std::size_t(m_ends->second - m_ends->first + 1));
        std::iota(numbers.begin(), numbers.end(), m_ends->first);
        auto ticks = cellTicks(numbers, -0.5, double(numbers.size()) - 0.5, most);
        for (Tick& tick : ticks)
            tick.position += m_ends->first;
        return ticks;
    }
    return numberTicks(m_meaning.scale, m_meaning.whole, range.lower, range.upper, most);
}

double AxisLabels::length() const
{
    return m_axis.orientation() == Qt::Horizontal ? m_axis.axisRect()->width() : m_axis.axisRect()->height();
}

double AxisLabels::apart(const Tick& a, const Tick& b) const
{
    return std::abs(m_axis.coordToPixel(a.position) - m_axis.coordToPixel(b.position));
}

void AxisLabels::fit(double longest)
{
    // What looks like a number with an exponent is one only on axes of numbers.
    m_axis.setNumberFormat(m_meaning.words.empty() ? "gb" : "g");
    m_axis.setTickLabelRotation(0);
    m_meaning.words.empty() ? fitNumbers() : fitWords(longest);
}

double AxisLabels::overhang() const
{
    const auto ticker = m_axis.ticker().dynamicCast<QCPAxisTickerText>();
    if (!ticker || ticker->ticks().isEmpty())
        return 0;
    const double place = m_axis.coordToPixel(ticker->ticks().lastKey());
    const double width =
        m_axis.tickLabelRotation() == 0 ? m_metrics.horizontalAdvance(ticker->ticks().last()) : m_metrics.height();
    return place + width / 2 - m_axis.axisRect()->right();
}

void AxisLabels::fitNumbers()
{
    const bool across = m_axis.orientation() == Qt::Horizontal;
    const double em = m_metrics.height();
    const double room = across ? 1.4 * em : m_meaning.scale == Axis::Scale::Cells ? 1.05 * em : 2 * em;
    // However wide the page is: nobody reads a value by its twentieth tick. Layers are counted.
    const int enough = m_meaning.scale == Axis::Scale::Cells ? 200 : m_meaning.whole ? 16 : 8;
    std::vector<Tick> ticks;
    const auto farEnough = [&](const Tick& a, const Tick& b) {
        const auto width = [&](const Tick& t) { return m_metrics.horizontalAdvance(t.label); };
        return apart(a, b) >= (across ? (width(a) + width(b)) / 2 + 0.6 * em : 0.95 * em);
    };
    for (int most = std::clamp(int(length() / room), 2, enough); most >= 1; most = std::min(most, int(ticks.size())) - 1) {
        ticks = this->ticks(most);
        if (std::ranges::adjacent_find(ticks, std::not_fn(farEnough)) == ticks.end())
            break;
    }
    // On a very short axis the fewest of a kind are two that touch.
    for (std::size_t i = 1; i < ticks.size();) {
        if (farEnough(ticks[i - 1], ticks[i]))
            ++i;
        else
            ticks.erase(ticks.begin() + std::ptrdiff_t(i));
    }
    setTicks(m_axis, ticks);
}

void AxisLabels::fitWords(double longest)
{
    const bool across = m_axis.orientation() == Qt::Horizontal;
    const double em = m_metrics.height();
    std::vector<Tick> ticks = this->ticks(std::max(2, int(length() / em)));
    bool level = true;
    for (std::size_t i = 0; i < ticks.size(); ++i) {
        const double width = m_metrics.horizontalAdvance(ticks[i].label);
        const double cell = std::abs(m_axis.coordToPixel(1) - m_axis.coordToPixel(0));
        level = level && (i + 1 < ticks.size() ? apart(ticks[i], ticks[i + 1]) : cell) >= width + 0.5 * em;
    }
    if (across && level)
        return setTicks(m_axis, ticks);
    for (Tick& tick : ticks)
        tick.label = m_metrics.elidedText(tick.label, Qt::ElideMiddle, std::max(longest, 4 * em));
    if (across)
        m_axis.setTickLabelRotation(-90);
    setTicks(m_axis, ticks);
}

}
