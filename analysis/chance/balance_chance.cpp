// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/chance/balance_chance.h"

#include "analysis/chance/subset_sampler.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <mutex>
#include <numbers>

namespace expertscope {

namespace {

/// Choices an expert from which the formulas take over from the simulation.
constexpr double kAsymptotic = 128;
/// Random choices a simulation may cost: about 20 ms.
constexpr std::uint64_t kBudget = 4'000'000;

/// All figures, one after the other.
constexpr std::array kFigures{&BalanceFigures::maxVio, &BalanceFigures::cv, &BalanceFigures::gini, &BalanceFigures::kl,
    &BalanceFigures::minLoad, &BalanceFigures::dead};

/// Experts that nobody of N tokens chooses; two of them at once say how far their number scatters.
ChanceValue uniformDead(unsigned E, double k, double N)
{
    const double one = std::exp(N * std::log1p(-k / E));
    const double two = E > 1 && E - 1 > k ? std::exp(N * (std::log1p(-k / E) + std::log1p(-k / (E - 1.0)))) : 0;
    const double variance = E * one * (1 - one) + E * (E - 1.0) * (two - one * one);
    return {E * one, std::sqrt(std::max(0.0, variance))};
}

/// Loads are nearly normal: variance N a (1-a), correlation -1/(E-1), the binomial's skewness.
UniformBalance asymptotic(unsigned E, double k, double N)
{
    const double a = k / E;
    const double sd = std::sqrt((1 - a) / (a * N)); // of the relative load, metrics 6.1
    const double skew = (1 - 2 * a) / std::sqrt(N * a * (1 - a));
    const double spread = sd * std::sqrt(E / (E - 1.0)); // of differences: the correlation widens them
    const NormalMaximum largest = normalMaximum(E);
    // Of the largest less the mean of all.
    const double scatter = spread * std::sqrt(largest.meanSquare - largest.mean * largest.mean - 1.0 / E);
    UniformBalance b;
    // Cornish-Fisher: a load is z + skew/6 (z^2 - 1), monotone, so the largest z gives the largest load.
    b.maxVio = spread * (largest.mean + skew / 6 * (largest.meanSquare - 1));
    b.minLoad = std::max(0.0, 1 - spread * (largest.mean - skew / 6 * (largest.meanSquare - 1)));
    b.sd.maxVio = scatter * (1 + skew / 3 * largest.mean);
    b.sd.minLoad = scatter * (1 - skew / 3 * largest.mean);
    const double degrees = E - 1.0;
    const double meanChi = std::sqrt(2 / degrees) * std::exp(std::lgamma((degrees + 1) / 2) - std::lgamma(degrees / 2));
    b.cv = sd * meanChi;
    b.sd.cv = sd * std::sqrt(1 - meanChi * meanChi);
    b.gini = spread * (E - 1.0) / E / std::sqrt(std::numbers::pi);
    b.sd.gini = b.gini * b.sd.cv / b.cv; // two estimates of one spread, as good as each other
    b.kl = sd * sd / 2 - sd * sd * sd * skew / 6 + std::pow(sd, 4) / 4;
    b.sd.kl = sd * sd / 2 * std::sqrt(2 / degrees);
    return b;
}

/// Figures of loads that are small numbers: how many experts have each load says it all.
class SmallLoads
{
public:
    explicit SmallLoads(std::size_t E)
        : m_counts(E)
        , m_experts{std::uint32_t(E)}
        , m_products{0}
    {
    }

    void clear()
    {
        std::ranges::fill(m_counts, 0);
        std::ranges::fill(m_experts, 0);
        m_experts[0] = static_cast<std::uint32_t>(m_counts.size());
        m_total = 0;
    }

    void add(unsigned expert)
    {
        const std::uint32_t count = ++m_counts[expert];
        if (count == m_experts.size()) {
            m_experts.push_back(0);
            m_products.push_back(count * std::log(double(count)));
        }
        --m_experts[count - 1];
        ++m_experts[count];
        ++m_total;
    }

    BalanceFigures figures() const
    {
        const double E = double(m_counts.size()), total = m_total, mean = total / E;
        double squares = 0, ranked = 0, products = 0, before = 0;
        std::size_t least = m_experts.size(), most = 0;
        for (std::size_t count = 0; count < m_experts.size(); ++count) {
            const double experts = m_experts[count], c = double(count);
            if (experts == 0)
                continue;
            least = std::min(least, count);
            most = count;
            squares += experts * (c - mean) * (c - mean);
            ranked += c * experts * (2 * before + experts - E); // ranks before + 1 to before + experts
            products += experts * m_products[count];
            before += experts;
        }
        const double entropy = std::log(total) - products / total;
        return {double(most) / mean - 1, std::sqrt(squares / E) / mean, ranked / (E * total),
            std::max(0.0, std::log(E) - entropy), double(least) / mean, double(m_experts[0])};
    }

private:
    std::vector<std::uint32_t> m_counts; ///< [E]
    std::vector<std::uint32_t> m_experts; ///< [count]
    std::vector<double> m_products; ///< [count] count log count
    double m_total = 0;
};

/// The figures after 1, 2, … tokens, at some of these lengths, up to where the formulas take over: one simulated walk
/// serves many of them; of few tokens, which scatter more, there are more walks.
class BalanceTable
{
public:
    BalanceTable() = default;
    BalanceTable(unsigned E, unsigned k)
    {
        const auto last = static_cast<std::uint64_t>(std::ceil(kAsymptotic * E / k));
        for (double length = 1; std::uint64_t(length) < last; length = std::max(length + 1, length * kStep))
            m_lengths.push_back(static_cast<std::uint64_t>(length));
        m_lengths.push_back(last);
        m_figures.resize(m_lengths.size());
        SubsetSampler sampler(E, k);
        for (std::size_t end = m_lengths.size(); end > 0;) {
            const std::uint64_t longest = m_lengths[end - 1];
            const auto first = static_cast<std::size_t>(
                std::ranges::upper_bound(m_lengths, longest / kTier) - m_lengths.begin());
            walk(sampler, E, k, first, end);
            end = first;
        }
    }

    bool empty() const { return m_figures.empty(); }

    /// Between two lengths: linear in the logarithm.
    UniformBalance at(double N) const
    {
        const auto above = std::ranges::lower_bound(m_lengths, N, {}, [](std::uint64_t n) { return double(n); });
        const auto place = static_cast<std::size_t>(above - m_lengths.begin());
        if (place == 0 || place == m_lengths.size())
            return m_figures[place ? place - 1 : 0];
        const double low = std::log(double(m_lengths[place - 1])), high = std::log(double(m_lengths[place]));
        return mixed(m_figures[place - 1], m_figures[place], (std::log(N) - low) / (high - low));
    }

    static UniformBalance mixed(const UniformBalance& a, const UniformBalance& b, double shareOfB)
    {
        UniformBalance both;
        for (const auto figure : kFigures) {
            both.*figure = a.*figure + shareOfB * (b.*figure - a.*figure);
            both.sd.*figure = a.sd.*figure + shareOfB * (b.sd.*figure - a.sd.*figure);
        }
        return both;
    }

private:
    static constexpr double kStep = 1.07;
    static constexpr std::uint64_t kTier = 8; ///< lengths of a walk: the longest over the shortest

    /// Lengths number first, … end - 1.
    void walk(SubsetSampler& sampler, unsigned E, unsigned k, std::size_t first, std::size_t end)
    {
        const std::uint64_t cost = m_lengths[end - 1] * k + (end - first) * E;
        const std::uint64_t rounds = std::clamp<std::uint64_t>(kBudget / cost, 64, 4000);
        std::vector<BalanceFigures> squares(end);
        SmallLoads loads(E);
        for (std::uint64_t round = 0; round < rounds; ++round) {
            loads.clear();
            std::uint64_t t = 0;
            for (std::size_t place = first; place < end; ++place) {
                for (; t < m_lengths[place]; ++t) {
                    const unsigned* chosen = sampler.next(k);
                    for (unsigned r = 0; r < k; ++r)
                        loads.add(chosen[r]);
                }
                const BalanceFigures now = loads.figures();
                for (const auto figure : kFigures) {
                    m_figures[place].*figure += now.*figure / double(rounds);
                    squares[place].*figure += now.*figure * now.*figure / double(rounds);
                }
            }
        }
        for (std::size_t place = first; place < end; ++place) {
            UniformBalance& b = m_figures[place];
            for (const auto figure : kFigures)
                b.sd.*figure = std::sqrt(std::max(0.0, squares[place].*figure - b.*figure * b.*figure));
        }
    }

    std::vector<std::uint64_t> m_lengths;
    std::vector<UniformBalance> m_figures; ///< [lengths]
};

std::mutex s_mutex;

const BalanceTable& tableOf(unsigned E, unsigned k)
{
    static std::map<std::array<unsigned, 2>, BalanceTable> tables;
    BalanceTable& table = tables[{E, k}];
    if (table.empty())
        table = BalanceTable(E, k);
    return table;
}

/// Sets of a size between two whole numbers: between what the same number of choices gives in sets of those.
UniformBalance simulated(unsigned E, double k, double N)
{
    const auto less = static_cast<unsigned>(k);
    const std::lock_guard lock(s_mutex);
    if (k == less)
        return tableOf(E, less).at(N);
    const UniformBalance ofLess = tableOf(E, less).at(N * k / less);
    if (less + 1 >= E)
        return ofLess;
    return BalanceTable::mixed(ofLess, tableOf(E, less + 1).at(N * k / (less + 1)), k - less);
}

}

NormalMaximum normalMaximum(double n)
{
    constexpr int kSteps = 3600;
    constexpr double kLimit = 9, kWidth = 2 * kLimit / kSteps;
    static std::map<double, NormalMaximum> known;
    static std::mutex mutex;
    const std::lock_guard lock(mutex);
    const auto [entry, isNew] = known.try_emplace(n);
    NormalMaximum& result = entry->second;
    for (int i = 0; isNew && i <= kSteps; ++i) { // Simpson on [-9, 9]
        const double x = -kLimit + i * kWidth;
        const double simpson = (i == 0 || i == kSteps ? 1 : i % 2 ? 4 : 2) * kWidth / 3;
        const double density = std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi);
        const double below = std::erfc(-x / std::numbers::sqrt2) / 2;
        const double f = n * density * std::pow(below, n - 1) * simpson;
        result.mean += x * f;
        result.meanSquare += x * x * f;
    }
    return result;
}

UniformBalance uniformBalance(unsigned E, double k, double N)
{
    UniformBalance nothing; // can be out of balance
    nothing.minLoad = 1;
    if (E <= 1 || !(k < E) || !(k >= 1) || !(N > 0))
        return nothing;
    UniformBalance balance = N * k / E >= kAsymptotic ? asymptotic(E, k, N) : simulated(E, k, N);
    const ChanceValue dead = uniformDead(E, k, N);
    balance.dead = dead.mean;
    balance.sd.dead = dead.sd;
    return balance;
}

ChanceValue uniformMaxVio(unsigned E, double k, double N)
{
    const UniformBalance balance = uniformBalance(E, k, N);
    return {balance.maxVio, balance.sd.maxVio};
}

}
