// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/chance/selection_chance.h"

#include "analysis/chance/subset_sampler.h"

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <numbers>
#include <tuple>

namespace expertscope {

namespace {

constexpr unsigned kRounds = 200;
constexpr double kManyChoices = 64; ///< an expert
constexpr double kRounding = 1e-12; ///< shares that reach p but for rounding have reached it

/// The loads of routing by chance, one trace after the other.
class RandomLoads
{
public:
    RandomLoads(unsigned E, double k, double N)
        : m_loads(E)
        , m_sizes(MixedSizes::sameVariance(k))
        , m_sampler(E, m_sizes.less)
        , m_random(E)
        , m_choices(k * N)
        , m_sd(m_choices / E >= kManyChoices ? std::sqrt((1 - k / E) / (m_choices / E)) : 0)
    {
    }

    /// In any unit.
    std::vector<double>& next()
    {
        if (m_sd > 0) {
            for (double& load : m_loads)
                load = 1 + m_sd * normal();
            return m_loads;
        }
        std::ranges::fill(m_loads, 0);
        double done = 0;
        for (std::uint64_t t = 0; done < m_choices - 0.5; ++t) {
            const unsigned size = m_sizes.of(t);
            const unsigned* const set = m_sampler.next(size);
            for (unsigned r = 0; r < size; ++r)
                ++m_loads[set[r]];
            done += size;
        }
        return m_loads;
    }

private:
    /// Box and Muller.
    double normal()
    {
        const auto real = [this] { return (double(m_random.next() >> 11) + 0.5) * 0x1p-53; };
        const double radius = std::sqrt(-2 * std::log(real()));
        return radius * std::cos(2 * std::numbers::pi * real());
    }

    std::vector<double> m_loads; ///< [E]
    MixedSizes m_sizes;
    SubsetSampler m_sampler;
    SplitMix m_random;
    double m_choices, m_sd; ///< sd: of the relative load; 0: choices are drawn one by one
};

ChanceValue simulated(unsigned E, double k, double N, double p)
{
    RandomLoads random(E, k, N);
    double sum = 0, squares = 0;
    for (unsigned round = 0; round < kRounds; ++round) {
        std::vector<double>& loads = random.next();
        const double all = std::accumulate(loads.begin(), loads.end(), 0.0);
        std::ranges::sort(loads, std::greater());
        double reached = 0, experts = 0;
        for (std::size_t e = 0; e < loads.size() && reached < p - kRounding; ++e, ++experts)
            reached += loads[e] / all;
        sum += experts;
        squares += experts * experts;
    }
    const double mean = sum / kRounds;
    return {mean, std::sqrt(std::max(0.0, squares / kRounds - mean * mean))};
}

}

ChanceValue uniformSelected(unsigned E, double k, double N, double p)
{
    if (E == 0 || !(N > 0) || !(k >= 1) || !(p > 0))
        return {};
    if (k >= E) // all loads are equal
        return {std::min<double>(E, std::ceil(p * E - 1e-9)), 0};
    if (p > 1)
        return {double(E), 0};
    static std::map<std::tuple<unsigned, double, double, double>, ChanceValue> cache;
    static std::mutex mutex;
    const std::lock_guard lock(mutex);
    const auto [entry, isNew] = cache.try_emplace({E, k, N, p});
    if (isNew)
        entry->second = simulated(E, k, N, p);
    return entry->second;
}

}
