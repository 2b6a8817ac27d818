// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/chance/independence.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace expertscope {

namespace {

/// log of n over k, of real numbers.
double logChoose(double n, double k)
{
    return std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1);
}

}

IndependentMarks::IndependentMarks(double N, double n, double m)
    : m_tokens(N)
    , m_first(n)
    , m_second(m)
    , m_expected(N > 0 ? n * m / N : 0)
{
}

double IndependentMarks::sd() const
{
    if (!(m_tokens > 1))
        return 0;
    return std::sqrt(m_expected * (m_tokens - m_first) / m_tokens * (m_tokens - m_second) / (m_tokens - 1));
}

double IndependentMarks::z(double count) const
{
    const double scatter = sd();
    return scatter > 0 ? (count - m_expected) / scatter : std::numeric_limits<double>::quiet_NaN();
}

double IndependentMarks::probability(double count) const
{
    if (count < 0 || count > std::min(m_first, m_second) || m_first + m_second - count > m_tokens)
        return 0;
    return std::exp(
        logChoose(m_first, count) + logChoose(m_tokens - m_first, m_second - count) - logChoose(m_tokens, m_second));
}

double IndependentMarks::meanDeviation() const
{
    if (!(m_tokens > 0) || sd() == 0)
        return 0;
    const double above = std::floor(m_expected) + 1; // the first count beyond the mean
    return 2 / m_tokens * above * std::max(0.0, m_tokens - m_first - m_second + above) * probability(above);
}

IndependentMarks::Tail IndependentMarks::tail(double least) const
{
    Tail tail;
    const double most = std::min(m_first, m_second);
    double p = probability(least);
    for (double x = least; x <= most && p > 0; ++x) {
        tail.probability += p;
        tail.count += p * x;
        tail.square += p * x * x;
        const double ratio = (m_first - x) * (m_second - x) / ((x + 1) * (m_tokens - m_first - m_second + x + 1));
        if (x > m_expected && p * x * x < 1e-17 * tail.square)
            break;
        p *= std::max(0.0, ratio);
    }
    return tail;
}

}
