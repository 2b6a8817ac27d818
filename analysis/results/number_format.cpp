// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/results/number_format.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace expertscope::results {

std::string formatNumber(double value, double largest, bool integers)
{
    int decimals = 0;
    if (!integers && largest > 0)
        decimals = std::clamp(3 - int(std::floor(std::log10(largest))), 0, 7);
    else if (!integers)
        decimals = 3;
    char text[64];
    if (largest >= 1e12 || (largest > 0 && largest < 1e-6))
        std::snprintf(text, sizeof text, "%.4g", value);
    else
        std::snprintf(text, sizeof text, "%.*f", decimals, value);
    // "-0.000" would tell a sign that nobody can see.
    std::string shown = text;
    if (shown.starts_with('-') && shown.find_first_not_of("-0.") == std::string::npos)
        shown.erase(0, 1);
    return shown;
}

void NumberScale::add(const std::optional<double>& value)
{
    if (!value)
        return;
    m_largest = std::max(m_largest, std::abs(*value));
    m_integers &= *value == std::floor(*value);
}

void NumberScale::addUniform(const std::optional<double>& value)
{
    if (value)
        m_largest = std::max(m_largest, std::abs(*value));
}

std::string NumberScale::formatUniform(double value) const
{
    return "("
        + formatNumber(std::abs(value) < 1e-9 ? 0 : value, std::max(m_largest, std::abs(value)),
            m_integers && (m_largest > 100 || value == 0))
        + ")";
}

std::string NumberScale::formatInterval(double low, double high) const
{
    const double largest = std::max({m_largest, std::abs(low), std::abs(high)});
    const bool integers = m_integers && m_largest > 100;
    return "[" + formatNumber(low, largest, integers) + ", " + formatNumber(high, largest, integers) + "]";
}

}
