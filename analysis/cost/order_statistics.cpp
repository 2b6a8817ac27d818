// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/cost/order_statistics.h"

#include <algorithm>

namespace expertscope::cost {

namespace {

/// In lanes, so that comparisons need not wait for each other.
std::pair<float, float> rangeOf(std::span<const float> values)
{
    constexpr std::size_t kLanes = 16;
    float least[kLanes], most[kLanes];
    std::ranges::fill(least, values[0]);
    std::ranges::fill(most, values[0]);
    std::size_t i = 0;
    for (; i + kLanes <= values.size(); i += kLanes) {
        for (std::size_t l = 0; l < kLanes; ++l) {
            least[l] = values[i + l] < least[l] ? values[i + l] : least[l];
            most[l] = values[i + l] > most[l] ? values[i + l] : most[l];
        }
    }
    for (; i < values.size(); ++i) {
        least[0] = std::min(least[0], values[i]);
        most[0] = std::max(most[0], values[i]);
    }
    return {*std::ranges::min_element(least), *std::ranges::max_element(most)};
}

}

void OrderStatistics::find(std::span<const float> values, std::span<const std::size_t> places, std::span<float> answers)
{
    const std::size_t n = values.size();
    const auto [least, most] = rangeOf(values);
    const float width = (most - least) / float(kBins - 1);
    const float scale = 1 / width;
    if (!(width > 0) || !(scale < 1e30f)) { // all but equal: too close for bins
        m_close.assign(values.begin(), values.end());
        std::ranges::sort(m_close);
        for (std::size_t p = 0; p < places.size(); ++p)
            answers[p] = m_close[places[p]];
        return;
    }
    m_bins.resize(n);
    // Rounding may put a value into a neighbouring bin, but never a greater value before a lesser one.
    for (std::size_t i = 0; i < n; ++i)
        m_bins[i] = static_cast<std::uint16_t>(static_cast<std::int32_t>((values[i] - least) * scale));
    m_close.resize(n);
    m_counts.assign(kBins + 2, 0);
    for (const std::uint16_t bin : m_bins)
        ++m_counts[bin];
    std::size_t bin = 0, before = 0;
    for (std::size_t p = 0; p < places.size(); ++p) {
        while (before + m_counts[bin] <= places[p])
            before += m_counts[bin++];
        std::size_t close = 0;
        for (std::size_t i = 0; i < n; ++i) { // no branch to mispredict
            m_close[close] = values[i];
            close += m_bins[i] == bin;
        }
        const auto at = m_close.begin() + std::ptrdiff_t(places[p] - before);
        std::nth_element(m_close.begin(), at, m_close.begin() + std::ptrdiff_t(close));
        answers[p] = *at;
    }
}

}
