// SPDX-License-Identifier: GPL-3.0-or-later
//
// Segment routing best performance (metrics 1.1): the best F1 of a router that answers once for a window of tokens.
#include "analysis/counts/window_counts.h"
#include "analysis/metrics/consistency/consistency.h"
#include "analysis/spine/per_site.h"

#include <cmath>
#include <map>
#include <numeric>

namespace expertscope {

namespace {

/// The best threshold: switch an expert on for a window when it is chosen at least alpha times.
struct Best
{
    double value = 0, alpha = 0, sizeRatio = 0, lowerBound = 0;
};

/// `atLeast` [m]: (expert, window) pairs with at least 1, 2, … m choices, of `pairs` altogether. Real or whole numbers;
/// of equal F1 the first alpha is taken. ACT must not be 0.
template <class T> Best bestOf(std::span<const T> atLeast, T pairs)
{
    const auto m = double(atLeast.size());
    double active = 0;
    for (const T count : atLeast)
        active += double(count);
    Best best;
    double above = 0; // pairs that count beyond alpha, once for each step
    for (std::size_t alpha = atLeast.size() + 1; alpha-- > 0;) {
        const double on = double(alpha ? atLeast[alpha - 1] : pairs);
        const double f1 = 2 * (double(alpha) * on + above) / (m * on + active);
        if (f1 >= best.value)
            best = {f1, double(alpha), m * on / active};
        above += alpha ? on : 0;
    }
    const double rate = active / (m * double(pairs));
    best.lowerBound = 2 * rate / (1 + rate);
    return best;
}

/// Adds weight * P(Binomial(m, a) >= alpha), alpha = 1..m (metrics 1.5).
void addBinomial(std::vector<double>& atLeast, double a, double weight)
{
    const std::size_t m = atLeast.size();
    double tail = 0;
    for (std::size_t f = m; f > 0; --f) {
        const double ways = std::lgamma(double(m) + 1) - std::lgamma(double(f) + 1) - std::lgamma(double(m - f) + 1);
        const double others = f == m ? 0 : double(m - f) * std::log1p(-a);
        tail += std::exp(ways + double(f) * std::log(a) + others);
        atLeast[f - 1] += weight * tail;
    }
}

std::vector<unsigned> lengthsOf(const MetricContext& context)
{
    std::vector<unsigned> lengths;
    for (const double m : sortedNumbers(context, "m"))
        lengths.push_back(static_cast<unsigned>(m));
    return lengths;
}

/// (expert, window) pairs of an expert, a site or the model, for one window length, and what chance would give.
class Group
{
public:
    Group(std::size_t m, bool withUniform)
        : m_atLeast(m)
        , m_chance(withUniform ? m : 0)
    {
    }

    void add(std::span<const std::uint64_t> atLeast, std::uint64_t windows)
    {
        for (std::size_t i = 0; i < m_atLeast.size(); ++i)
            m_atLeast[i] += atLeast[i];
        m_pairs += windows;
    }
    void add(const Group& other)
    {
        add(other.m_atLeast, other.m_pairs);
        for (std::size_t i = 0; i < m_chance.size(); ++i)
            m_chance[i] += other.m_chance[i];
        m_chancePairs += other.m_chancePairs;
    }
    /// Chance for pairs of experts that are all chosen at the same rate: as the tokens in the windows choose, k / E when they choose k.
    void addChance()
    {
        if (!m_chance.empty() && m_pairs)
            addBinomial(m_chance, std::min(1.0, rate()), double(m_pairs));
        m_chancePairs += double(m_pairs);
    }

    /// Of so many pairs that chance does not show in the best threshold.
    std::optional<Best> chance() const
    {
        if (m_chance.empty() || m_chancePairs == 0 || m_chance[0] == 0)
            return std::nullopt;
        return bestOf<double>(m_chance, m_chancePairs);
    }

    void rows(std::vector<ResultRow>& rows, std::optional<unsigned> expert, const std::optional<Best>& chance) const
    {
        const std::uint64_t active = choices();
        const auto m = double(m_atLeast.size());
        const auto push = [&](const char* metric, double value, std::optional<double> uniform) {
            ResultRow row;
            row.metric = metric;
            row.params["m"] = m;
            if (expert)
                row.expert = ExpertIndex(static_cast<std::uint16_t>(*expert));
            row.n = m_pairs;
            if (m_pairs == 0)
                row.undefined = "no sequence has a window of so many tokens";
            else if (active == 0)
                row.undefined = "never chosen";
            else {
                row.value = value;
                row.uniform = uniform;
            }
            rows.push_back(std::move(row));
        };
        const Best best = active ? bestOf<std::uint64_t>(m_atLeast, m_pairs) : Best();
        const auto of = [&](double Best::*part) { return chance ? std::optional((*chance).*part) : std::nullopt; };
        push("srp.value", best.value, of(&Best::value));
        push("srp.rho_hat", best.sizeRatio, of(&Best::sizeRatio));
        push("srp.alpha", best.alpha, of(&Best::alpha));
        push("srp.lower_bound", best.lowerBound, of(&Best::lowerBound));
    }

    /// Share of the places in all windows that hold a choice.
    double rate() const { return m_pairs ? double(choices()) / (double(m_atLeast.size()) * double(m_pairs)) : 0; }

private:
    std::uint64_t choices() const { return std::accumulate(m_atLeast.begin(), m_atLeast.end(), std::uint64_t(0)); }

    std::vector<std::uint64_t> m_atLeast; ///< [m]
    std::uint64_t m_pairs = 0;
    std::vector<double> m_chance; ///< [m] the same, expected, or empty
    double m_chancePairs = 0;
};

class SrpState
{
public:
    SrpState(const MetricContext& context, SiteIndex site)
        : m_lengths(lengthsOf(context))
        , m_counts(*context.shape, site, m_lengths)
        , m_withUniform(!context.valuesOnly)
    {
    }

    void observe(const Block& block, ChoiceBits& bits) { m_counts.observe(block, bits); }
    void add(const SrpState& other) { m_counts.add(other.m_counts); }
    void persist(Archive& archive) { m_counts.persist(archive); }

    void rows(std::vector<ResultRow>& rows) const
    {
        for (std::size_t i = 0; i < m_lengths.size(); ++i) {
            const Group site = group(i);
            const auto chance = site.chance(); // the same for each expert
            for (std::size_t e = 0; e < m_counts.numExperts(); ++e) {
                Group one(m_lengths[i], false);
                one.add(m_counts.atLeast(i, e), m_counts.windows(i));
                one.rows(rows, unsigned(e), chance);
            }
            site.rows(rows, std::nullopt, chance);
        }
    }

    /// All experts, for length number i.
    Group group(std::size_t i) const
    {
        Group group(m_lengths[i], m_withUniform);
        for (std::size_t e = 0; e < m_counts.numExperts(); ++e)
            group.add(m_counts.atLeast(i, e), m_counts.windows(i));
        group.addChance();
        return group;
    }

private:
    std::vector<unsigned> m_lengths;
    WindowCounts m_counts;
    bool m_withUniform;
};

/// One threshold for all experts of all sites: the model's row is not a mean.
class Srp final : public PerSiteAccumulator<SrpState>
{
public:
    using PerSiteAccumulator::PerSiteAccumulator;

    Results result() const override
    {
        Results results = PerSiteAccumulator::result();
        const std::vector<unsigned> lengths = lengthsOf(context());
        for (std::size_t i = 0; i < lengths.size(); ++i) {
            Group model(lengths[i], !context().valuesOnly);
            for (const SiteIndex site : context().sites) {
                if (const SrpState* state = seen(site))
                    model.add(state->group(i));
            }
            model.rows(results.rows, std::nullopt, model.chance());
        }
        return results;
    }
};

}

MetricSpec srpMetric()
{
    return {
        .name = "srp",
        .definition =
            "segment routing best performance: the best F1 of a router that switches an expert on or off for a "
            "whole window of m tokens, over all windows; with the threshold alpha, the size ratio rho_hat and "
            "the lower bound 2a/(1+a) of switching all on; the model's row pools all sites and experts",
        .source = "Not All Models Suit Expert Offloading, arXiv 2505.16056, SRP; moe-lrc 30_srp_calc, 31_srp_refine",
        .simulateUniform = true,
        .uniformIsLimit = true,
        .ranges = {{"srp.value", kShare}, {"srp.rho_hat", kNoInterval}, {"srp.alpha", kNoInterval}, {"srp.lower_bound", kShare}},
        .params = {windowsParameter("4/16/64/256")},
        .make = [](const MetricContext& context) { return std::make_unique<Srp>(context); },
    };
}

}
