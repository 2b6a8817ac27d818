// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/chance/uniform_drop.h"

#include <cmath>
#include <numbers>

namespace expertscope {

namespace {

/// E[max(0, X - c)] where c >= the mean: a sum over the upper tail.
double upperExcess(double n, double p, double c)
{
    double x = c + 1;
    double probability = std::exp(
        std::lgamma(n + 1) - std::lgamma(x + 1) - std::lgamma(n - x + 1) + x * std::log(p) + (n - x) * std::log1p(-p));
    double sum = 0;
    for (; x <= n; ++x) {
        const double term = (x - c) * probability;
        sum += term;
        if (term <= 1e-17 * sum)
            break;
        probability *= (n - x) / (x + 1) * p / (1 - p);
    }
    return sum;
}

double excess(double n, double p, double c)
{
    const double mean = n * p, variance = mean * (1 - p);
    if (c >= n)
        return 0;
    if (variance == 0)
        return std::fmax(0, mean - c);
    if (variance > 1e6) {
        const double sd = std::sqrt(variance), z = (c - mean) / sd;
        const double density = std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi);
        return sd * (density - z * std::erfc(z / std::numbers::sqrt2) / 2);
    }
    // Below the mean: what is missing up to c, seen from the other end, where X is n - X and p is 1 - p.
    return c >= mean ? upperExcess(n, p, c) : mean - c + upperExcess(n, 1 - p, n - c);
}

}

double uniformDropped(unsigned E, double k, double tokens, std::uint64_t capacity)
{
    return E * excess(tokens, std::fmin(k / E, 1), double(capacity));
}

}
