// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/chance/pair_chance.h"

#include "analysis/chance/balance_chance.h"
#include "analysis/chance/subset_sampler.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <tuple>
#include <vector>

namespace expertscope {

namespace {

/// BinomialLaw(n, p) as far as it matters: probabilities of first, first + 1, …; they sum to 1.
struct BinomialLaw
{
    std::uint64_t first = 0;
    std::vector<double> p;

    BinomialLaw(std::uint64_t n, double chance)
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
    const BinomialLaw count(N, 1 / double(M));
    return double(M) * count.mean([n](double c) { return c > 0 ? -c / n * std::log(c / n) : 0.0; });
}

/// Expected number of the M cells that N draws occupy.
double expectedOccupied(std::uint64_t M, std::uint64_t N)
{
    return M == 1 ? 1 : -double(M) * std::expm1(double(N) * std::log1p(-1 / double(M)));
}

constexpr double kPairBudget = 3e6; ///< increments that a simulation may cost: some 10 ms
constexpr std::uint64_t kEnoughRounds = 32; ///< to tell how they scatter
constexpr std::uint64_t kMostTokens = 100'000;

/// The largest N_ij / N_i of random tokens that make so many choices, over several rounds; sd 0: there were too few to tell.
ChanceValue simulatedMaxCoactivation(unsigned E, double k, double choices, bool adjacent)
{
    const MixedSizes sizes = adjacent ? MixedSizes::sameMean(k) : MixedSizes::sameVariance(k);
    const auto N = static_cast<std::uint64_t>(std::max(1.0, std::round(choices / sizes.mean())));
    const auto cost = double(N) * (k + (adjacent ? k : k * (k - 1) / 2)) + double(E) * E;
    const auto rounds = static_cast<std::uint64_t>(std::clamp(kPairBudget / cost, 1.0, 500.0));
    SubsetSampler sampler(E, sizes.less);
    double sum = 0, squares = 0;
    std::vector<std::uint32_t> pairs(std::size_t(E) * E), chosen(E);
    for (std::uint64_t round = 0; round < rounds; ++round) {
        std::fill(pairs.begin(), pairs.end(), 0);
        std::fill(chosen.begin(), chosen.end(), 0);
        for (std::uint64_t t = 0; t < N; ++t) {
            const unsigned size = sizes.of(t);
            const unsigned* const set = sampler.next(size);
            for (unsigned r = 0; r < size; ++r) {
                ++chosen[set[r]];
                for (unsigned q = adjacent && r > 0 ? r - 1 : 0; q < r; ++q)
                    ++pairs[std::size_t(set[q]) * E + set[r]];
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
        squares += most * most;
    }
    const double n = double(rounds), mean = sum / n;
    return {mean, rounds < kEnoughRounds ? 0 : std::sqrt(std::max(0.0, squares / n - mean * mean))};
}

std::mutex s_pairMutex;

}

ChanceValue uniformMaxCoactivation(unsigned E, double k, double N, bool adjacent)
{
    if (E < 2 || !(k > 1) || k > E || !(N > 0))
        return {};
    static std::map<std::tuple<unsigned, double, double, bool>, ChanceValue> cache;
    const std::lock_guard lock(s_pairMutex);
    const auto [entry, isNew] = cache.try_emplace({E, k, N, adjacent});
    if (!isNew)
        return entry->second;
    const double p = (adjacent ? 2.0 / k : 1.0) * (k - 1) / (E - 1);
    const double simulated = std::min(N, double(kMostTokens));
    ChanceValue value = simulatedMaxCoactivation(E, k, simulated * k, adjacent);
    // N_ij of N_i tokens is binomial: its extreme is p + sd (z + skew / 6 (z^2 - 1)), z the same for every N.
    const auto sd = [&](double n) { return std::sqrt(std::max(0.0, p * (1 - p)) / (n * k / E)); };
    if (value.sd == 0) {
        const NormalMaximum largest = normalMaximum(E * (E - 1.0) / 2);
        value.sd = sd(simulated) * std::sqrt(largest.meanSquare - largest.mean * largest.mean);
    }
    if (N > kMostTokens && p < 1) {
        const auto bend = [&](double n) { return (1 - 2 * p) / std::sqrt(n * k / E * p * (1 - p)) / 6; };
        const double few = double(kMostTokens), b = bend(few);
        const double w = (value.mean - p) / sd(few);
        const double root = 1 + 4 * b * (w + b);
        const double z = std::abs(b) < 1e-9 || root < 0 ? w : (std::sqrt(root) - 1) / (2 * b);
        value = {p + sd(N) * (z + bend(N) * (z * z - 1)), value.sd * sd(N) / sd(few)};
    }
    return entry->second = value;
}

ChanceValue uniformRowMax(unsigned A, double k, unsigned B, double kTo, double N)
{
    // Of few choices the most is all of them, or there is nothing: kTo below 1 does not come up.
    const auto largest = [&](double tokens) {
        const ChanceValue vio = uniformMaxVio(B, std::max(kTo, 1.0), std::max(tokens, 1.0));
        return ChanceValue{(1 + vio.mean) * kTo / B, vio.sd * kTo / B};
    };
    const double share = k / A, mean = N * share;
    if (mean > 1000) { // tokens of a row vary too little to matter
        const ChanceValue row = largest(mean);
        return {row.mean, row.sd / std::sqrt(double(A))};
    }
    const BinomialLaw tokens(static_cast<std::uint64_t>(N + 0.5), share);
    const double none = tokens.first == 0 ? tokens.p[0] : 0;
    const double expected = tokens.mean([&](double n) { return n > 0 ? largest(n).mean : 0.0; }) / (1 - none);
    const double square = tokens.mean([&](double n) {
        const ChanceValue row = n > 0 ? largest(n) : ChanceValue();
        return row.mean * row.mean + row.sd * row.sd;
    }) / (1 - none);
    return {expected, std::sqrt(std::max(0.0, square - expected * expected) / (A * (1 - none)))};
}

ChanceValue uniformMaxCount(std::uint64_t cells, double p, std::uint64_t N)
{
    if (N == 0 || cells == 0 || p <= 0)
        return {};
    const BinomialLaw count(N, std::min(p, 1.0));
    // E[max] = sum over x of P(max > x); from the first count on, so that squares do not cancel.
    double sum = 0, squares = 0, above = 1;
    for (std::size_t i = 0; i < count.p.size(); ++i) {
        above = std::max(0.0, above - count.p[i]);
        const double probability = -std::expm1(double(cells) * std::log1p(-std::min(above, 1 - 1e-16)));
        sum += probability;
        squares += (2 * double(i) + 1) * probability;
    }
    return {double(count.first) + sum, std::sqrt(std::max(0.0, squares - sum * sum))};
}

UniformInformation uniformInformation(unsigned A, unsigned B, std::uint64_t N)
{
    if (A == 0 || B == 0 || N == 0)
        return {};
    const std::uint64_t both = std::uint64_t(A) * B;
    const double x = expectedEntropy(A, N), y = expectedEntropy(B, N), least = std::min(x, y);
    // 2 N times the information is nearly chi squared.
    const double sd = std::sqrt(2.0 * (A - 1) * (B - 1)) / (2 * double(N));
    const double plugIn = x + y - expectedEntropy(both, N);
    const double bias = (expectedOccupied(both, N) - expectedOccupied(A, N) - expectedOccupied(B, N) + 1) / (2 * double(N));
    return {{plugIn, sd}, {plugIn - bias, sd}, least > 0 ? ChanceValue{plugIn / least, sd / least} : ChanceValue()};
}

}
