// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

namespace expertscope {

/// Non-negative numbers over their sum; empty when that is 0.
inline std::vector<double> sharesOf(std::span<const double> numbers)
{
    std::vector<double> q(numbers.begin(), numbers.end());
    double all = 0;
    for (const double v : q)
        all += v;
    if (!(all > 0))
        return {};
    for (double& v : q)
        v /= all;
    return q;
}

/// In nats, of shares.
inline double entropyOf(std::span<const double> q)
{
    double entropy = 0;
    for (const double v : q)
        entropy -= v > 0 ? v * std::log(v) : 0;
    return entropy;
}

/// Weighted means over pairs of share vectors: Jensen-Shannon divergence, H(m) - h with m the mean of the two and h the
/// mean of their entropies, nats; and the same over the most it could be, log E - h (arXiv 2510.04694).
struct MeanDivergence
{
    void add(const std::vector<double>& a, const std::vector<double>& b, double weight)
    {
        std::vector<double> middle(a.size());
        for (std::size_t e = 0; e < a.size(); ++e)
            middle[e] = (a[e] + b[e]) / 2;
        const double mean = (entropyOf(a) + entropyOf(b)) / 2;
        const double divergence = std::max(0.0, entropyOf(middle) - mean);
        jsd += weight * divergence;
        weights += weight;
        ++pairs;
        const double most = std::log(double(a.size())) - mean;
        if (!(most >= 1e-8))
            return; // both uniform: 0 / 0
        relative += weight * divergence / most;
        relativeWeights += weight;
        ++relativePairs;
    }

    double jsd = 0, weights = 0, relative = 0, relativeWeights = 0; ///< sums
    std::uint64_t pairs = 0, relativePairs = 0;
};

}
