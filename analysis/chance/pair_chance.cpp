// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/chance/pair_chance.h"

#include "analysis/chance/uniform.h"
#include "io/base/splitmix.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <mutex>
#include <numeric>
#include <vector>

namespace expertscope {

namespace {

/// Binomial(n, p) as far as it matters: probabilities of first, first + 1, …; they sum to 1.
struct Binomial
{
    std::uint64_t first = 0;
    std::vector<double> p;

    Binomial(std::uint64_t n, double chance)
    {
        const double N = double(n), mean = N * chance, reach = 12 * std::sqrt(mean * (1 - chance)) + 40;
        first = static_cast<std::uint64_t>(std::max(0.0, std::floor(mean - reach)));
        const auto last = static_cast<std::uint64_t>(std::min(N, std::ceil(mean + reach)));
        const double x = double(first);
        if (chance >= 1) {
            first = n;
            p = {1};
            return;
        }
        const double start = std::lgamma(N + 1) - std::lgamma(x + 1) - std::lgamma(N - x + 1) + x * std::log(chance)
            + (N - x) * std::log1p(-chance);
        // Relative to the largest: the first may underflow where the others do not.
        double logP = start, most = start;
        for (std::uint64_t c = first; c <= last; ++c) {
            p.push_back(logP);
            most = std::max(most, logP);
            logP += std::log(double(n - c) / double(c + 1) * (chance / (1 - chance)));
        }
        double sum = 0;
        for (double& value : p)
            sum += value = std::exp(value - most);
        for (double& value : p)
            value /= sum;
    }

    /// Expectation of f(count).
    template <class F> double mean(F f) const
    {
        double sum = 0;
        for (std::size_t i = 0; i < p.size(); ++i)
            sum += p[i] * f(double(first + i));
        return sum;
    }
};

/// Expected plug-in entropy, nats, of N draws uniform over M cells.
double expectedEntropy(std::uint64_t M, std::uint64_t N)
{
    const double n = double(N);
    const Binomial count(N, 1 / double(M));
    return double(M) * count.mean([n](double c) { return c > 0 ? -c / n * std::log(c / n) : 0.0; });
}

/// Expected number of the M cells that N draws occupy.
double expectedOccupied(std::uint64_t M, std::uint64_t N)
{
    return M == 1 ? 1 : -double(M) * std::expm1(double(N) * std::log1p(-1 / double(M)));
}

constexpr std::uint64_t kBudget = 3'000'000; ///< increments that a simulation may cost: some 10 ms
constexpr std::uint64_t kMostTokens = 100'000;

/// Mean over several rounds of the largest N_ij / N_i of N random tokens.
double simulatedMaxCoactivation(unsigned E, unsigned k, std::uint64_t N, bool adjacent)
{
    const std::uint64_t cost = N * (k + (adjacent ? k : k * (k - 1u) / 2)) + std::uint64_t(E) * E;
    const std::uint64_t rounds = std::clamp<std::uint64_t>(kBudget / cost, 1, 500);
    std::vector<unsigned> pool(E);
    std::iota(pool.begin(), pool.end(), 0u);
    SplitMix random((std::uint64_t(E) << 32) | k);
    const auto draw = [&random](unsigned below) { return static_cast<unsigned>((random.next() >> 32) * below >> 32); };
    double sum = 0;
    std::vector<std::uint32_t> pairs(std::size_t(E) * E), chosen(E);
    for (std::uint64_t round = 0; round < rounds; ++round) {
        std::fill(pairs.begin(), pairs.end(), 0);
        std::fill(chosen.begin(), chosen.end(), 0);
        for (std::uint64_t t = 0; t < N; ++t) {
            for (unsigned r = 0; r < k; ++r) {
                std::swap(pool[r], pool[r + draw(E - r)]);
                ++chosen[pool[r]];
                for (unsigned q = adjacent && r > 0 ? r - 1 : 0; q < r; ++q)
                    ++pairs[std::size_t(pool[q]) * E + pool[r]];
            }
        }
        double most = 0;
        for (std::size_t i = 0; i < E; ++i) {
            for (std::size_t j = 0; j < i; ++j) {
                const std::uint32_t both = pairs[i * E + j] + pairs[j * E + i];
                if (both)
                    most = std::max(most, double(both) / std::min(chosen[i], chosen[j]));
            }
        }
        sum += most;
    }
    return sum / double(rounds);
}

std::mutex s_mutex;

}

double uniformMaxCoactivation(unsigned E, unsigned k, std::uint64_t N, bool adjacent)
{
    if (E < 2 || k < 2 || k > E || N == 0)
        return 0;
    static std::map<std::array<std::uint64_t, 4>, double> cache;
    const std::lock_guard lock(s_mutex);
    const auto [entry, isNew] = cache.try_emplace({E, k, N, adjacent});
    if (!isNew)
        return entry->second;
    const double p = (adjacent ? 2.0 / k : 1.0) * (k - 1) / (E - 1);
    if (N <= kMostTokens || p >= 1)
        return entry->second = simulatedMaxCoactivation(E, k, std::min(N, kMostTokens), adjacent);
    // N_ij of N_i tokens is binomial: its extreme is p + sd (z + skew / 6 (z^2 - 1)), z the same for every N.
    const auto sd = [&](double n) { return std::sqrt(p * (1 - p) / (n * k / E)); };
    const auto bend = [&](double n) { return (1 - 2 * p) / std::sqrt(n * k / E * p * (1 - p)) / 6; };
    const double few = double(kMostTokens), many = double(N), b = bend(few);
    const double w = (simulatedMaxCoactivation(E, k, kMostTokens, adjacent) - p) / sd(few);
    const double root = 1 + 4 * b * (w + b);
    const double z = std::abs(b) < 1e-9 || root < 0 ? w : (std::sqrt(root) - 1) / (2 * b);
    return entry->second = p + sd(many) * (z + bend(many) * (z * z - 1));
}

double uniformRowMax(unsigned A, unsigned k, unsigned B, unsigned kTo, std::uint64_t N)
{
    const auto largest = [&](double tokens) {
        return (1 + uniformMaxVio(B, kTo, static_cast<std::uint64_t>(tokens + 0.5))) * kTo / B;
    };
    const double share = double(k) / A, mean = double(N) * share;
    if (mean > 1000) // tokens of a row vary too little to matter
        return largest(mean);
    const Binomial tokens(N, share);
    const double none = tokens.first == 0 ? tokens.p[0] : 0;
    return tokens.mean([&](double n) { return n > 0 ? largest(n) : 0.0; }) / (1 - none);
}

double uniformMaxCount(std::uint64_t cells, double p, std::uint64_t N)
{
    if (N == 0 || cells == 0 || p <= 0)
        return 0;
    const Binomial count(N, std::min(p, 1.0));
    // E[max] = sum over x of P(max > x)
    double sum = double(count.first), above = 1;
    for (const double probability : count.p) {
        above = std::max(0.0, above - probability);
        sum -= std::expm1(double(cells) * std::log1p(-std::min(above, 1 - 1e-16)));
    }
    return sum;
}

UniformInformation uniformInformation(unsigned A, unsigned B, std::uint64_t N)
{
    if (A == 0 || B == 0 || N == 0)
        return {};
    const std::uint64_t both = std::uint64_t(A) * B;
    const double x = expectedEntropy(A, N), y = expectedEntropy(B, N), least = std::min(x, y);
    UniformInformation result;
    result.plugIn = x + y - expectedEntropy(both, N);
    result.corrected = result.plugIn
        - (expectedOccupied(both, N) - expectedOccupied(A, N) - expectedOccupied(B, N) + 1) / (2 * double(N));
    result.relative = least > 0 ? result.plugIn / least : 0;
    return result;
}

}
