// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/simulation/quotas.h"

#include <algorithm>
#include <queue>

namespace expertscope::simulation {

namespace {

constexpr double kMostWork = 1e9, kMostMemory = 2.5e7; ///< of dynamic programming: a second or so, 100 MB

struct Point
{
    std::uint32_t slots = 0;
    std::uint64_t misses = 0;
};

/// From no slots on.
std::vector<Point> pointsOf(const PoolCurve& pool)
{
    std::vector<Point> points{{0, 0}};
    for (std::size_t c = 0; c < pool.capacities.size(); ++c) {
        const Counters total = pool.total(c);
        points.front().misses = total.requests;
        points.push_back({pool.capacities[c], total.misses()});
    }
    return points;
}

/// What going from a to b saves a slot, compared without division: whether less than from c to d.
bool savesLess(const Point& a, const Point& b, const Point& c, const Point& d)
{
    const auto saved = [](const Point& from, const Point& to) {
        return static_cast<std::int64_t>(from.misses) - static_cast<std::int64_t>(to.misses);
    };
    return static_cast<long double>(saved(a, b)) * (d.slots - c.slots)
        < static_cast<long double>(saved(c, d)) * (b.slots - a.slots);
}

/// The points that a straight line between two others does not undercut; only falling ones.
std::vector<Point> lowerHull(const std::vector<Point>& points)
{
    std::vector<Point> hull;
    for (const Point& point : points) {
        if (!hull.empty() && point.misses >= hull.back().misses)
            continue;
        while (hull.size() >= 2 && savesLess(hull[hull.size() - 2], hull.back(), hull.back(), point))
            hull.pop_back();
        hull.push_back(point);
    }
    return hull;
}

Quotas byGain(const std::vector<std::vector<Point>>& pools, std::uint64_t budget)
{
    std::vector<std::vector<Point>> hulls;
    for (const auto& points : pools)
        hulls.push_back(lowerHull(points));
    std::vector<std::size_t> at(hulls.size());
    const auto later = [&](std::size_t a, std::size_t b) {
        const Point *x = &hulls[a][at[a]], *y = &hulls[b][at[b]];
        if (savesLess(x[0], x[1], y[0], y[1]))
            return true;
        return !savesLess(y[0], y[1], x[0], x[1]) && a > b;
    };
    std::priority_queue<std::size_t, std::vector<std::size_t>, decltype(later)> waiting(later);
    for (std::size_t p = 0; p < hulls.size(); ++p) {
        if (hulls[p].size() > 1)
            waiting.push(p);
    }
    Quotas quotas;
    while (!waiting.empty()) {
        const std::size_t p = waiting.top();
        waiting.pop();
        const std::uint32_t more = hulls[p][at[p] + 1].slots - hulls[p][at[p]].slots;
        if (quotas.used + more > budget)
            continue; // a smaller step of another pool may still fit
        quotas.used += more;
        if (++at[p] + 1 < hulls[p].size())
            waiting.push(p);
    }
    for (std::size_t p = 0; p < hulls.size(); ++p) {
        quotas.capacities.push_back(hulls[p][at[p]].slots);
        quotas.misses += hulls[p][at[p]].misses;
    }
    return quotas;
}

Quotas byProgramming(const std::vector<std::vector<Point>>& pools, std::uint64_t budget)
{
    // best[s]: fewest misses of the pools so far with at most s slots; choice[p][s]: which point of pool p.
    std::vector<std::uint64_t> best(budget + 1), next(budget + 1);
    std::vector<std::vector<std::uint32_t>> choice(pools.size(), std::vector<std::uint32_t>(budget + 1));
    for (std::size_t p = 0; p < pools.size(); ++p) {
        for (std::uint64_t s = 0; s <= budget; ++s) {
            next[s] = UINT64_MAX;
            for (std::uint32_t i = 0; i < pools[p].size() && pools[p][i].slots <= s; ++i) {
                const std::uint64_t misses = best[s - pools[p][i].slots] + pools[p][i].misses;
                if (misses < next[s]) {
                    next[s] = misses;
                    choice[p][s] = i;
                }
            }
        }
        std::swap(best, next);
    }
    Quotas quotas{std::vector<std::uint32_t>(pools.size()), 0, best[budget], true};
    std::uint64_t left = budget;
    for (std::size_t p = pools.size(); p-- > 0;) {
        quotas.capacities[p] = pools[p][choice[p][left]].slots;
        left -= quotas.capacities[p];
        quotas.used += quotas.capacities[p];
    }
    return quotas;
}

/// Whether slots can be given one by one, each worth no more than the one before.
bool isConvex(const std::vector<Point>& points)
{
    for (std::size_t i = 1; i < points.size(); ++i) {
        if (points[i].slots != i || points[i].misses > points[i - 1].misses)
            return false;
        if (i >= 2 && savesLess(points[i - 2], points[i - 1], points[i - 1], points[i]))
            return false;
    }
    return true;
}

}

Expected<Quotas> optimalQuotas(std::span<const PoolCurve> curves, std::uint64_t budget)
{
    if (curves.empty())
        return fail("there are no pools to divide slots among");
    std::vector<std::vector<Point>> pools;
    std::uint64_t most = 0;
    double numPoints = 0;
    for (const PoolCurve& curve : curves) {
        pools.push_back(pointsOf(curve));
        most += pools.back().back().slots;
        numPoints += double(pools.back().size());
    }
    budget = std::min(budget, most);
    if (std::ranges::all_of(pools, isConvex)) {
        Quotas quotas = byGain(pools, budget);
        quotas.exact = true;
        return quotas;
    }
    if (double(budget + 1) * numPoints <= kMostWork && double(budget + 1) * double(pools.size()) <= kMostMemory)
        return byProgramming(pools, budget);
    return byGain(pools, budget);
}

Expected<Quotas> evenQuotas(std::span<const PoolCurve> curves, std::uint64_t budget)
{
    if (curves.empty())
        return fail("there are no pools to divide slots among");
    Quotas quotas;
    for (std::size_t p = 0; p < curves.size(); ++p) {
        const std::uint64_t share = budget / curves.size() + (p < budget % curves.size() ? 1 : 0);
        const std::vector<Point> points = pointsOf(curves[p]);
        Point taken = points.front();
        for (const Point& point : points)
            taken = point.slots <= share ? point : taken;
        quotas.capacities.push_back(taken.slots);
        quotas.used += taken.slots;
        quotas.misses += taken.misses;
    }
    return quotas;
}

}
