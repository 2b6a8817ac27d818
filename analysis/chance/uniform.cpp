// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/chance/uniform.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

double logChooseOf(unsigned n, unsigned k)
{
    return std::lgamma(n + 1.0) - std::lgamma(k + 1.0) - std::lgamma(n - k + 1.0);
}

}

double uniformOverlapProbability(unsigned E, unsigned a, unsigned b, unsigned shared)
{
    if (shared > std::min(a, b) || a > E || b > E || a + b > E + shared)
        return 0;
    return std::exp(logChooseOf(a, shared) + logChooseOf(E - a, b - shared) - logChooseOf(E, b));
}

double uniformAnyOverlap(unsigned E, unsigned a, unsigned b)
{
    return 1 - uniformOverlapProbability(E, a, b, 0);
}

double uniformJaccard(unsigned E, unsigned a, unsigned b)
{
    double sum = 0;
    for (unsigned shared = 1; shared <= std::min(a, b); ++shared)
        sum += uniformOverlapProbability(E, a, b, shared) * shared / (a + b - shared);
    return sum;
}

double uniformJaccardVariance(unsigned E, unsigned a, unsigned b)
{
    const double mean = uniformJaccard(E, a, b);
    double squares = 0;
    for (unsigned shared = 1; shared <= std::min(a, b); ++shared) {
        const double jaccard = double(shared) / (a + b - shared);
        squares += uniformOverlapProbability(E, a, b, shared) * jaccard * jaccard;
    }
    return std::max(0.0, squares - mean * mean);
}

}
