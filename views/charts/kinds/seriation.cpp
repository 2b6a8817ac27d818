// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/charts/kinds/seriation.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>

namespace expertscope {

namespace {

constexpr double kMostWork = 2e9; ///< cells that are visited in all
constexpr double kSettled = 1e-12;

using Vector = std::vector<double>;

double dot(const Vector& a, const Vector& b)
{
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

/// Without its part along the unit vector `axis`, of length 1.
void clear(Vector& v, const Vector& axis)
{
    const double along = dot(v, axis);
    for (std::size_t i = 0; i < v.size(); ++i)
        v[i] -= along * axis[i];
    const double length = std::sqrt(dot(v, v));
    for (double& x : v)
        x = length > 0 ? x / length : 0;
}

Vector roots(const Vector& sums, double total)
{
    Vector roots(sums.size());
    std::ranges::transform(sums, roots.begin(), [&](double s) { return std::sqrt(s / total); });
    return roots;
}

/// Ids by score; those that weigh nothing last.
std::vector<std::size_t> inOrder(const Vector& along, const Vector& root, bool turned)
{
    Vector scores(along.size());
    for (std::size_t i = 0; i < scores.size(); ++i)
        scores[i] = root[i] > 0 ? (turned ? -1 : 1) * along[i] / root[i] : std::numeric_limits<double>::infinity();
    std::vector<std::size_t> order(along.size());
    std::iota(order.begin(), order.end(), std::size_t(0));
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return scores[i]; });
    return order;
}

}

Seriation seriate(std::span<const double> values, std::size_t R, std::size_t C)
{
    Vector x(values.begin(), values.end()), rowSums(R), columnSums(C);
    for (std::size_t r = 0; r < R; ++r) {
        double most = 0;
        for (std::size_t c = 0; c < C; ++c)
            most = std::isnan(x[r * C + c]) ? most : std::max(most, x[r * C + c]);
        for (std::size_t c = 0; c < C; ++c) {
            double& cell = x[r * C + c];
            cell = std::isnan(cell) ? most : std::max(cell, 0.0);
            rowSums[r] += cell;
            columnSums[c] += cell;
        }
    }
    const double total = std::accumulate(rowSums.begin(), rowSums.end(), 0.0);
    if (!(total > 0) || !std::isfinite(total)) {
        const Vector none(R), alone(C);
        return {inOrder(none, Vector(R, 1), false), inOrder(alone, Vector(C, 1), false)};
    }
    const Vector rowRoots = roots(rowSums, total), columnRoots = roots(columnSums, total);
    for (std::size_t r = 0; r < R; ++r) {
        for (std::size_t c = 0; c < C; ++c) {
            double& cell = x[r * C + c];
            cell = cell > 0 ? cell / total / (rowRoots[r] * columnRoots[c]) : 0;
        }
    }
    // The first pair of singular vectors of x are the roots: the second is what is looked for.
    Vector across(C), down(R);
    std::uint64_t state = 1;
    for (double& v : across) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        v = double(state >> 11) * 0x1p-53 - 0.5;
    }
    clear(across, columnRoots);
    const auto steps = std::size_t(std::clamp(kMostWork / (2 * double(R) * double(C)), 20.0, 300.0));
    for (std::size_t step = 0; step < steps; ++step) {
        for (std::size_t r = 0; r < R; ++r)
            down[r] = std::inner_product(across.begin(), across.end(), x.begin() + std::ptrdiff_t(r * C), 0.0);
        Vector next(C);
        for (std::size_t r = 0; r < R; ++r) {
            for (std::size_t c = 0; c < C; ++c)
                next[c] += x[r * C + c] * down[r];
        }
        clear(next, columnRoots);
        const bool settled = 1 - std::abs(dot(next, across)) < kSettled;
        across = std::move(next);
        if (settled)
            break;
    }
    double withIds = 0;
    for (std::size_t r = 0; r < R; ++r)
        withIds += (double(r) - double(R - 1) / 2) * (rowRoots[r] > 0 ? down[r] / rowRoots[r] : 0);
    return {inOrder(down, rowRoots, withIds < 0), inOrder(across, columnRoots, withIds < 0)};
}

}
