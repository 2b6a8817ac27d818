// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/inspect/random_rows.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace expertscope::inspect {

double expectedAbsoluteCosine(std::size_t dimension)
{
    const auto d = double(dimension);
    return std::exp(std::lgamma(d / 2) - std::lgamma((d + 1) / 2)) / std::sqrt(std::numbers::pi);
}

double meanCosineSd(std::size_t rows, std::size_t dimension)
{
    const auto E = double(rows);
    return 1 / std::sqrt(double(dimension) * E * (E - 1) / 2);
}

double expectedLargestCosine(std::size_t rows, std::size_t dimension)
{
    // With t = sin a the density is cos(a)^(d - 2) on [0, pi/2]; its integral, normalised, is P(|cos| <= t). All of it
    // lies below some standard deviations, which the steps are cut to.
    const double pairs = double(rows) * (double(rows) - 1) / 2, power = double(dimension) - 2;
    const double last = std::min(std::numbers::pi / 2, 12 / std::sqrt(double(dimension)));
    constexpr std::size_t kSteps = 20000; // even: Simpson
    const double step = last / kSteps;
    std::vector<double> below(kSteps / 2 + 1, 0); // integral up to each second point
    const auto density = [&](double a) { return std::pow(std::cos(a), power); };
    for (std::size_t i = 0; i + 1 < below.size(); ++i) {
        const double a = 2 * double(i) * step;
        below[i + 1] = below[i] + step / 3 * (density(a) + 4 * density(a + step) + density(a + 2 * step));
    }
    // E[max] is the integral of (1 - P^pairs) dt, dt = cos(a) da: trapezoids on the same points.
    double expected = 0, before = 1;
    for (std::size_t i = 1; i < below.size(); ++i) {
        const double a = 2 * double(i) * step;
        const double here = (1 - std::pow(below[i] / below.back(), pairs)) * std::cos(a);
        expected += step * (before + here);
        before = here;
    }
    return expected;
}

double expectedParticipation(std::size_t rows, std::size_t dimension)
{
    const auto E = double(rows), d = double(dimension);
    return E * d / (d + E - 1);
}

}
