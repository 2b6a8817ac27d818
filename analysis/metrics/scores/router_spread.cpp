// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the router's logits say of themselves (metrics 6.2, 6.3): their size, and over how many experts they spread.
#include "analysis/counts/probabilities.h"
#include "analysis/spine/fixed_sum.h"
#include "analysis/spine/per_site.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace expertscope {

namespace {

class ZLossState
{
public:
    ZLossState(const MetricContext&, SiteIndex) { }

    void observe(const Block& block)
    {
        forEachChoosingToken(block, [&](std::size_t t) {
            const std::span<const float> logits = logitsOf(block, t);
            if (logits.empty())
                return;
            const double most = *std::ranges::max_element(logits);
            double sum = 0;
            for (const float z : logits)
                sum += std::exp(double(z) - most);
            const double logSum = most + std::log(sum);
            m_squares.add(logSum * logSum); // not when it is NaN
        });
    }
    void add(const ZLossState& other) { m_squares.add(other.m_squares); }
    void persist(Archive& archive) { archive(m_squares); }

    void rows(std::vector<ResultRow>& rows) const
    {
        if (m_squares.n() == 0) {
            rows.push_back(undefinedRow("z_loss.mean", "no tokens with a choice and logits"));
            return;
        }
        ResultRow row; // no uniform value: it depends on the scale of the logits
        row.metric = "z_loss.mean";
        row.unit = "nats^2";
        row.n = m_squares.n();
        row.value = m_squares.mean();
        rows.push_back(std::move(row));
    }

private:
    FixedSum m_squares;
};

class EffectiveKState
{
public:
    EffectiveKState(const MetricContext& context, SiteIndex site)
        : m_site(context.shape->sites[std::size_t(site)])
        , m_mass(context.params.number("mass"))
    {
    }

    void observe(const Block& block)
    {
        forEachChoosingToken(block, [&](std::size_t t) {
            if (!routerProbabilities(m_site, logitsOf(block, t), m_p))
                return;
            double entropy = 0;
            for (const double p : m_p)
                entropy -= p > 0 ? p * std::log(p) : 0;
            if (m_perplexity.add(std::exp(entropy)))
                m_experts += expertsForMass();
        });
    }
    void add(const EffectiveKState& other)
    {
        m_perplexity.add(other.m_perplexity);
        m_experts += other.m_experts;
    }
    void persist(Archive& archive) { archive(m_perplexity, m_experts); }

    void rows(std::vector<ResultRow>& rows) const
    {
        const std::uint64_t n = m_perplexity.n();
        const auto add = [&](const char* metric, double value, double uniform) -> ResultRow& {
            ResultRow row;
            row.metric = metric;
            row.unit = "experts";
            if (n) {
                row.n = n;
                row.value = value;
                row.uniform = uniform;
            } else {
                const bool probable =
                    m_site.score != ScoreFunction::Identity && m_site.score != ScoreFunction::SparseMixer;
                row.undefined =
                    probable ? "no tokens with a choice and logits" : "scores are " + scoresInWords(m_site.score) + ": no probabilities";
            }
            rows.push_back(std::move(row));
            return rows.back();
        };
        const double E = m_site.numExperts;
        add("effective_k.mean", double(m_experts) / double(n), std::ceil(m_mass * E - kSlack)).params["mass"] = m_mass;
        add("effective_k.perplexity", m_perplexity.mean(), E);
    }

private:
    static constexpr double kSlack = 1e-9; ///< 9 of 10 equal probabilities are a mass of 0.9, whatever rounding says

    /// How many of the largest probabilities make up the mass; spoils m_p.
    std::uint64_t expertsForMass()
    {
        std::ranges::sort(m_p, std::greater());
        double mass = 0;
        std::uint64_t experts = 0;
        for (; experts < m_p.size() && mass < m_mass - kSlack; ++experts)
            mass += m_p[experts];
        return experts;
    }

    const Site m_site;
    const double m_mass;
    FixedSum m_perplexity;
    std::uint64_t m_experts = 0;
    std::vector<double> m_p; ///< scratch
};

}

MetricSpec zLossMetric()
{
    return {
        .name = "z_loss",
        .definition = "router z-loss: mean over tokens of the squared log of the sum of exp(logit); n = tokens",
        .source = "ST-MoE, arXiv 2202.08906",
        .needs = {{.logits = true}},
        .noUniform = "depends on the scale of the logits",
        .anyTokens = true,
        .make = makePerSite<ZLossState>(),
    };
}

MetricSpec effectiveKMetric()
{
    return {
        .name = "effective_k",
        .definition =
            "over how many experts the router's probabilities spread, mean over tokens: the fewest that hold a "
            "mass, and exp(entropy); uniform = equal scores; n = tokens",
        .source = "top-p size (arXiv 2403.07652) and perplexity of the distribution",
        .needs = {{.logits = true}},
        .anyTokens = true,
        .params =
            {{.name = "mass", .standard = "0.9", .meaning = "probability that they hold", .least = 1e-6, .most = 1}},
        .make = makePerSite<EffectiveKState>(),
    };
}

}
