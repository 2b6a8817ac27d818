// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/chance/path_chance.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

constexpr double kWidth = 12, kMore = 40; ///< beyond these parts of the law nothing happens

/// Probabilities of `least`, least + 1, … hits in n draws with probability p each, 0 < p < 1.
struct Binomial
{
    double least = 0;
    std::vector<double> probabilities;

    Binomial(double n, double p)
    {
        const double mean = n * p, sd = std::sqrt(mean * (1 - p));
        least = std::max(0.0, std::floor(mean - kWidth * sd - kWidth));
        const double most = std::min(n, std::ceil(mean + kWidth * sd + kMore));
        double value = least == 0 ? std::exp(n * std::log1p(-p))
                                  : std::exp(std::lgamma(n + 1) - std::lgamma(least + 1) - std::lgamma(n - least + 1)
                                      + least * std::log(p) + (n - least) * std::log1p(-p));
        double sum = 0;
        for (double x = least; x <= most; ++x) {
            probabilities.push_back(value);
            sum += value;
            value *= (n - x) / (x + 1) * (p / (1 - p));
        }
        for (double& probability : probabilities)
            probability /= sum;
    }
};

/// Mean of the smaller of `top` and a Poisson number.
double meanOfSmaller(double top, double mean)
{
    if (mean > top + kWidth * std::sqrt(mean) + kMore)
        return top;
    double probability = std::exp(-mean), missing = 0;
    for (double x = 0; x < top && (x < mean || probability > 1e-18); ++x) {
        missing += (top - x) * probability;
        probability *= mean / (x + 1);
    }
    // Where nearly all is missing, what is there is told more exactly by itself.
    if (mean < 1e-3)
        return mean - (top < 2 ? mean * mean / 2 : 0);
    return top - missing;
}

}

UniformPaths::UniformPaths(double cells, double tokens)
    : m_cells(cells)
    , m_tokens(tokens)
{
    if (cells <= 1 || tokens < 1)
        return;
    // H = log N - mean of log c over the tokens; the others of a token's cell are binomial.
    const Binomial others(tokens - 1, 1 / cells);
    m_entropy = std::log(tokens);
    for (std::size_t i = 0; i < others.probabilities.size(); ++i)
        m_entropy -= others.probabilities[i] * std::log1p(others.least + double(i));
    const Binomial cell(tokens, 1 / cells);
    m_least = cell.least;
    double above = 0;
    m_atLeast.resize(cell.probabilities.size() - 1);
    for (std::size_t i = m_atLeast.size(); i > 0; --i) {
        above += cell.probabilities[i];
        m_atLeast[i - 1] = above;
    }
}

ChanceValue UniformPaths::distinct() const
{
    if (m_cells <= 1)
        return {1, 0};
    const double mean = -m_cells * std::expm1(m_tokens * std::log1p(-1 / m_cells));
    constexpr double kFew = 1e5; // of more the exact variance is a difference of nearly equal numbers
    const double each = m_tokens / m_cells, empty = std::exp(-each);
    const double twice = each < 1e-5 ? each * each / 2 : 1 - (1 + each) * empty;
    double variance = m_cells * empty * twice;
    if (m_cells < kFew) {
        const double none = 1 - mean / m_cells, pair = std::pow(1 - 2 / m_cells, m_tokens);
        variance = m_cells * (m_cells - 1) * pair + m_cells * none - m_cells * m_cells * none * none;
    }
    return {mean, std::sqrt(std::max(0.0, variance))};
}

double UniformPaths::singletons() const
{
    if (m_cells <= 1)
        return m_tokens == 1 ? 1 : 0;
    return m_tokens * std::exp((m_tokens - 1) * std::log1p(-1 / m_cells));
}

double UniformPaths::topShare(double top) const
{
    if (top >= m_cells || m_cells <= 1)
        return 1;
    double sum = m_least * top;
    for (const double probability : m_atLeast)
        sum += meanOfSmaller(top, m_cells * probability);
    return std::min(1.0, sum / m_tokens);
}

}
