// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/placement/swap_descent.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace expertscope::placement {

namespace {

class Descent
{
public:
    Descent(const SwapProblem& problem, Assignment& gpuOf)
        : m_problem(problem)
        , m_items(*problem.items)
        , m_gpuOf(gpuOf)
        , m_n(m_items.size())
        , m_gpus(problem.cluster.gpus)
        , m_load(gpuLoads(m_items, gpuOf))
        , m_copies(m_items.copies.size() * m_gpus)
        , m_pull(m_n * m_gpus)
    {
        if (!problem.linear.empty())
            m_pull = problem.linear;
        double size = 0;
        for (const double value : m_pull)
            size = std::max(size, std::abs(value));
        for (std::size_t i = 0; i < m_n; ++i) {
            ++m_copies[m_items.expert[i] * m_gpus + m_gpuOf[i]];
            if (problem.pair.empty())
                continue;
            for (std::size_t j = 0; j < m_n; ++j)
                addPull(j, m_gpuOf[i], pairOf(i, j));
        }
        for (const double value : m_pull)
            size = std::max(size, std::abs(value));
        m_least = 1e-12 * (size + problem.loadWeight) + 1e-300;
        sortLoads();
    }

    void run()
    {
        for (bool changed = true; changed;) {
            changed = false;
            for (std::size_t i = 0; i < m_n; ++i)
                changed |= improve(i);
        }
    }

private:
    double pairOf(std::size_t i, std::size_t j) const { return m_problem.pair[i * m_n + j]; }

    /// An item on `gpu` pulls item j towards it with `weight`.
    void addPull(std::size_t j, std::uint32_t gpu, double weight)
    {
        double* pull = m_pull.data() + j * m_gpus;
        pull[gpu] += weight;
        if (m_problem.cluster.nodes == 1)
            return;
        const std::uint32_t each = m_problem.cluster.gpusPerNode(), first = gpu / each * each;
        for (std::uint32_t g = first; g < first + each; ++g)
            pull[g] += weight;
    }

    bool improve(std::size_t i)
    {
        double best = m_least;
        std::size_t with = m_n;
        const std::uint32_t g = m_gpuOf[i];
        const double* mine = m_pull.data() + i * m_gpus;
        for (std::size_t j = 0; j < m_n; ++j) {
            const std::uint32_t h = m_gpuOf[j];
            if (h == g || m_items.expert[i] == m_items.expert[j])
                continue;
            const double* theirs = m_pull.data() + j * m_gpus;
            double better = mine[h] - mine[g] + theirs[g] - theirs[h];
            if (!m_problem.pair.empty()) // the two stay apart: their own pull does not count
                better -= 2 * pairOf(i, j) * (m_problem.closeness(g, g) - m_problem.closeness(g, h));
            if (better + m_problem.loadWeight * m_relief <= best)
                continue;
            if (!allowed(i, j))
                continue;
            if (m_problem.loadWeight > 0)
                better -= m_problem.loadWeight * (largestAfter(i, j) - m_largest[0].first) / m_items.meanLoad;
            if (better > best) {
                best = better;
                with = j;
            }
        }
        if (with == m_n)
            return false;
        swap(i, with);
        return true;
    }

    bool allowed(std::size_t i, std::size_t j) const
    {
        const std::uint32_t g = m_gpuOf[i], h = m_gpuOf[j];
        if (m_copies[m_items.expert[i] * m_gpus + h] > 0 || m_copies[m_items.expert[j] * m_gpus + g] > 0)
            return false;
        const double less = m_items.load[i] - m_items.load[j], cap = m_problem.loadCap * m_items.meanLoad;
        // Only the GPU that gains load can break the cap.
        return less > 0 ? m_load[h] + less <= cap : less == 0 || m_load[g] - less <= cap;
    }

    /// The largest load after the swap: of the two, or of the three most loaded whichever is neither.
    double largestAfter(std::size_t i, std::size_t j) const
    {
        const std::uint32_t g = m_gpuOf[i], h = m_gpuOf[j];
        const double less = m_items.load[i] - m_items.load[j];
        double largest = std::max(m_load[g] - less, m_load[h] + less);
        for (const auto& [load, gpu] : m_largest) {
            if (gpu != g && gpu != h) {
                largest = std::max(largest, load);
                break;
            }
        }
        return largest;
    }

    void swap(std::size_t i, std::size_t j)
    {
        const std::uint32_t g = m_gpuOf[i], h = m_gpuOf[j];
        const double less = m_items.load[i] - m_items.load[j];
        m_load[g] -= less;
        m_load[h] += less;
        --m_copies[m_items.expert[i] * m_gpus + g];
        ++m_copies[m_items.expert[i] * m_gpus + h];
        --m_copies[m_items.expert[j] * m_gpus + h];
        ++m_copies[m_items.expert[j] * m_gpus + g];
        if (!m_problem.pair.empty()) {
            for (std::size_t x = 0; x < m_n; ++x) {
                const double change = pairOf(j, x) - pairOf(i, x);
                addPull(x, g, change);
                addPull(x, h, -change);
            }
        }
        std::swap(m_gpuOf[i], m_gpuOf[j]);
        sortLoads();
    }

    void sortLoads()
    {
        if (m_problem.loadWeight <= 0)
            return;
        m_largest.fill({-1, UINT32_MAX});
        for (std::uint32_t g = 0; g < m_gpus; ++g) {
            std::pair<double, std::uint32_t> next{m_load[g], g};
            for (auto& place : m_largest) {
                if (next.first > place.first)
                    std::swap(next, place);
            }
        }
        // No swap can lower the largest load below the mean.
        m_relief = m_items.meanLoad > 0 ? std::max(0.0, m_largest[0].first / m_items.meanLoad - 1) : 0;
    }

    const SwapProblem& m_problem;
    const SiteItems& m_items;
    Assignment& m_gpuOf;
    const std::size_t m_n, m_gpus;
    std::vector<double> m_load; ///< [G]
    std::vector<std::uint16_t> m_copies; ///< [E, G]
    std::vector<double> m_pull; ///< [n, G] gain of having the item there, all others being where they are
    std::array<std::pair<double, std::uint32_t>, 3> m_largest{}; ///< loads and GPUs
    double m_relief = 0; ///< largest load over mean, minus 1
    double m_least = 0; ///< gains below are rounding
};

}

double gain(const SwapProblem& problem, const Assignment& gpuOf)
{
    const std::size_t n = gpuOf.size(), G = problem.cluster.gpus;
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) {
        if (!problem.linear.empty())
            sum += problem.linear[i * G + gpuOf[i]];
        for (std::size_t j = 0; j < i && !problem.pair.empty(); ++j)
            sum += problem.pair[i * n + j] * problem.closeness(gpuOf[i], gpuOf[j]);
    }
    const SiteItems& items = *problem.items;
    if (problem.loadWeight > 0 && items.meanLoad > 0)
        sum -= problem.loadWeight * std::ranges::max(gpuLoads(items, gpuOf)) / items.meanLoad;
    return sum;
}

void descend(const SwapProblem& problem, Assignment& gpuOf)
{
    if (problem.items->meanLoad > 0)
        Descent(problem, gpuOf).run();
}

}
