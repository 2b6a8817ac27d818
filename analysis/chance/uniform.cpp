// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/chance/uniform.h"

#include "analysis/counts/balance_stats.h"
#include "io/base/splitmix.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <mutex>
#include <numbers>
#include <numeric>
#include <vector>

namespace expertscope {

namespace {

double logChoose(unsigned n, unsigned k)
{
    return std::lgamma(n + 1.0) - std::lgamma(k + 1.0) - std::lgamma(n - k + 1.0);
}

/// Choices an expert from which the formulas take over from the simulation.
constexpr double kAsymptotic = 128;
/// Random choices a simulation may cost: about 20 ms.
constexpr std::uint64_t kBudget = 4'000'000;

/// Draws random k-subsets.
class SubsetSampler
{
public:
    SubsetSampler(unsigned E, unsigned k)
        : m_pool(E)
        , m_k(k)
        , m_random((std::uint64_t(E) << 32) | k)
    {
        std::iota(m_pool.begin(), m_pool.end(), 0u);
    }

    /// k distinct experts; valid until the next call.
    const unsigned* next()
    {
        const auto size = static_cast<unsigned>(m_pool.size());
        for (unsigned r = 0; r < m_k; ++r) {
            const std::uint64_t random = m_random.next() >> 32;
            std::swap(m_pool[r], m_pool[r + static_cast<unsigned>(random * (size - r) >> 32)]);
        }
        return m_pool.data();
    }

private:
    std::vector<unsigned> m_pool;
    unsigned m_k;
    SplitMix m_random;
};

/// Mean of the largest of E standard normals and of its square (Simpson on [-9, 9]).
struct NormalMaximum
{
    double mean = 0, meanSquare = 0;
};
NormalMaximum normalMaximum(unsigned E)
{
    constexpr int kSteps = 3600;
    constexpr double kLimit = 9, kWidth = 2 * kLimit / kSteps;
    NormalMaximum result;
    for (int i = 0; i <= kSteps; ++i) {
        const double x = -kLimit + i * kWidth;
        const double simpson = (i == 0 || i == kSteps ? 1 : i % 2 ? 4 : 2) * kWidth / 3;
        const double density = std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi);
        const double below = std::erfc(-x / std::numbers::sqrt2) / 2;
        const double f = E * density * std::pow(below, E - 1.0) * simpson;
        result.mean += x * f;
        result.meanSquare += x * x * f;
    }
    return result;
}

/// Loads are nearly normal: variance N a (1-a), correlation -1/(E-1), the binomial's skewness.
UniformBalance asymptotic(unsigned E, unsigned k, std::uint64_t N)
{
    const double a = double(k) / E;
    const double n = double(N);
    const double sd = std::sqrt((1 - a) / (a * n)); // of the relative load, metrics 6.1
    const double skew = (1 - 2 * a) / std::sqrt(n * a * (1 - a));
    const double spread = sd * std::sqrt(E / (E - 1.0)); // of differences: the correlation widens them
    const NormalMaximum largest = normalMaximum(E);
    UniformBalance b;
    // Cornish-Fisher: a load is z + skew/6 (z^2 - 1), monotone, so the largest z gives the largest load.
    b.maxVio = spread * (largest.mean + skew / 6 * (largest.meanSquare - 1));
    b.minLoad = std::max(0.0, 1 - spread * (largest.mean - skew / 6 * (largest.meanSquare - 1)));
    const double degrees = E - 1.0;
    b.cv = sd * std::sqrt(2 / degrees) * std::exp(std::lgamma((degrees + 1) / 2) - std::lgamma(degrees / 2));
    b.gini = spread * (E - 1.0) / E / std::sqrt(std::numbers::pi);
    b.kl = sd * sd / 2 - sd * sd * sd * (sd * (1 - 2 * a) / (1 - a)) / 6 + std::pow(sd, 4) / 4;
    return b;
}

UniformBalance simulated(unsigned E, unsigned k, std::uint64_t N)
{
    SubsetSampler sampler(E, k);
    const std::uint64_t rounds = std::clamp<std::uint64_t>(kBudget / (N * k + E), 64, 4000);
    std::vector<std::uint64_t> counts(E);
    UniformBalance sum{0, 0, 0, 0, 0, 0};
    for (std::uint64_t i = 0; i < rounds; ++i) {
        std::fill(counts.begin(), counts.end(), 0);
        for (std::uint64_t t = 0; t < N; ++t) {
            const unsigned* chosen = sampler.next();
            for (unsigned r = 0; r < k; ++r)
                ++counts[chosen[r]];
        }
        const BalanceStats stats = balanceStats(counts);
        sum.maxVio += stats.maxVio;
        sum.cv += stats.cv;
        sum.gini += stats.gini;
        sum.kl += stats.kl;
        sum.minLoad += stats.minLoad;
    }
    const double n = double(rounds);
    return {sum.maxVio / n, sum.cv / n, sum.gini / n, sum.kl / n, sum.minLoad / n, 0};
}

/// Expected MaxVio after 1, 2, … tokens, up to where the formula takes over: one simulated walk serves every length.
std::vector<double> simulatedMaxVio(unsigned E, unsigned k)
{
    const auto last = static_cast<std::uint64_t>(std::ceil(kAsymptotic * E / k));
    SubsetSampler sampler(E, k);
    const std::uint64_t rounds = std::clamp<std::uint64_t>(kBudget / (last * k), 64, 4000);
    std::vector<std::uint64_t> sumOfMax(last + 1);
    std::vector<std::uint32_t> counts(E);
    for (std::uint64_t i = 0; i < rounds; ++i) {
        std::fill(counts.begin(), counts.end(), 0);
        std::uint32_t most = 0;
        for (std::uint64_t t = 1; t <= last; ++t) {
            const unsigned* chosen = sampler.next();
            for (unsigned r = 0; r < k; ++r)
                most = std::max(most, ++counts[chosen[r]]);
            sumOfMax[t] += most;
        }
    }
    std::vector<double> table(last + 1);
    for (std::uint64_t t = 1; t <= last; ++t)
        table[t] = double(sumOfMax[t]) / double(rounds) * E / (double(t) * k) - 1;
    return table;
}

std::mutex s_mutex;

}

double uniformOverlapProbability(unsigned E, unsigned a, unsigned b, unsigned shared)
{
    if (shared > std::min(a, b) || a > E || b > E || a + b > E + shared)
        return 0;
    return std::exp(logChoose(a, shared) + logChoose(E - a, b - shared) - logChoose(E, b));
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

UniformBalance uniformBalance(unsigned E, unsigned k, std::uint64_t N)
{
    if (E <= 1 || k >= E || k == 0 || N == 0)
        return {}; // nothing can be out of balance
    const double a = double(k) / E;
    static std::map<std::array<std::uint64_t, 3>, UniformBalance> cache;
    const std::lock_guard lock(s_mutex);
    const auto [entry, isNew] = cache.try_emplace({E, k, N});
    if (isNew) {
        entry->second = double(N) * a >= kAsymptotic ? asymptotic(E, k, N) : simulated(E, k, N);
        entry->second.dead = E * std::exp(double(N) * std::log1p(-a));
    }
    return entry->second;
}

double uniformMaxVio(unsigned E, unsigned k, std::uint64_t N)
{
    if (E <= 1 || k >= E || k == 0 || N == 0)
        return 0;
    if (double(N) * k / E >= kAsymptotic)
        return uniformBalance(E, k, N).maxVio;
    static std::map<std::array<unsigned, 2>, std::vector<double>> cache;
    const std::lock_guard lock(s_mutex);
    std::vector<double>& table = cache[{E, k}];
    if (table.empty())
        table = simulatedMaxVio(E, k);
    return table[N];
}

}
