// SPDX-License-Identifier: GPL-3.0-or-later
//
// How decided the router is (metrics 6.3): token entropy, mass of the chosen experts, margin.
#include "analysis/counts/probabilities.h"
#include "analysis/counts/quantile_counts.h"
#include "analysis/spine/fixed_sum.h"
#include "analysis/spine/per_site.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

/// Rows of what lies between which how many tokens are: of "margin.mean" "margin.q05" and so on.
void addQuantiles(std::vector<ResultRow>& rows, ResultRow row, const QuantileCounts& counts)
{
    static constexpr std::pair<const char*, double> kQuantiles[]
        = {{".q05", 0.05}, {".q25", 0.25}, {".q50", 0.5}, {".q75", 0.75}, {".q95", 0.95}};
    const std::string family = row.metric.substr(0, row.metric.find('.'));
    for (const auto& [name, q] : kQuantiles) {
        row.metric = family + name;
        row.value = counts.quantile(q);
        rows.push_back(row);
    }
}

/// Few replicates of a quantile differ: intervals of them would not cover.
std::map<std::string, ValueRange> withoutIntervals(const std::string& family)
{
    std::map<std::string, ValueRange> ranges;
    for (const char* name : {".q05", ".q25", ".q50", ".q75", ".q95"})
        ranges[family + name] = kNoInterval;
    return ranges;
}

/// Mean and population SD of one number a token.
struct Moments
{
    FixedSum values, squares;

    bool add(double value)
    {
        const bool taken = std::abs(value) <= 0x1p19 && values.add(value); // not NaN; the square still fits
        if (taken)
            squares.add(value * value);
        return taken;
    }
    void add(const Moments& other)
    {
        values.add(other.values);
        squares.add(other.squares);
    }
    void persist(Archive& archive) { archive(values, squares); }
    double sd() const { return std::sqrt(std::max(0.0, squares.mean() - values.mean() * values.mean())); }
};

class EntropyState
{
public:
    EntropyState(const MetricContext& context, SiteIndex site)
        : m_site(context.shape->sites[std::size_t(site)])
        , m_recorded(context.shape->columns.entropy)
    {
    }

    void observe(const Block& block)
    {
        if (m_recorded) {
            Moments nats; // a local one stays in registers
            forEachChoosingToken(block, [&](std::size_t t) {
                if (nats.add(block.entropy[t]))
                    m_quantiles.add(block.entropy[t]);
            });
            m_nats.add(nats);
        } else if (m_site.score == ScoreFunction::Softmax) {
            forEachChoosingToken(block, [&](std::size_t t) {
                if (!softmax(logitsOf(block, t), m_p))
                    return;
                double entropy = 0;
                for (const double p : m_p)
                    entropy -= p > 0 ? p * std::log(p) : 0;
                if (m_nats.add(entropy))
                    m_quantiles.add(entropy);
            });
        }
    }
    void add(const EntropyState& other)
    {
        m_nats.add(other.m_nats);
        m_quantiles.add(other.m_quantiles);
    }
    void persist(Archive& archive) { archive(m_nats, m_quantiles); }

    void rows(std::vector<ResultRow>& rows) const
    {
        if (m_nats.values.n() == 0) {
            const std::string reason = m_recorded || m_site.score == ScoreFunction::Softmax
                ? "no tokens with a choice and a recorded entropy"
                : "scores are " + scoresInWords(m_site.score) + ": logits alone do not give the entropy";
            rows.push_back(undefinedRow("router_entropy.mean", reason));
            rows.push_back(undefinedRow("router_entropy.relative", reason));
            return;
        }
        const double logE = std::log(double(m_site.numExperts));
        ResultRow row;
        row.n = m_nats.values.n();
        row.metric = "router_entropy.mean";
        row.unit = "nats";
        row.value = m_nats.values.mean();
        row.uniform = logE;
        rows.push_back(row);
        row.metric = "router_entropy.sd";
        row.value = m_nats.sd();
        row.uniform = 0;
        rows.push_back(row);
        row.uniform = logE;
        addQuantiles(rows, row, m_quantiles);
        if (m_site.numExperts < 2) {
            rows.push_back(undefinedRow("router_entropy.relative", "one expert: log E is 0"));
            return;
        }
        row.metric = "router_entropy.relative";
        row.unit = "log E";
        row.value = m_nats.values.mean() / logE;
        row.uniform = 1;
        rows.push_back(row);
    }

private:
    const Site m_site;
    const bool m_recorded;
    Moments m_nats;
    QuantileCounts m_quantiles; ///< of the same
    std::vector<double> m_p; ///< scratch
};

class TopKMassState
{
public:
    TopKMassState(const MetricContext& context, SiteIndex site)
        : m_site(context.shape->sites[std::size_t(site)])
    {
        const Columns& recorded = context.shape->columns;
        if (m_site.score != ScoreFunction::Softmax)
            m_reason = "scores are " + scoresInWords(m_site.score) + ", not shares of one whole";
        else if (recorded.weights && m_site.renormalisation == Renormalisation::None)
            m_fromWeights = true;
        else if (!recorded.logits)
            m_reason = "weights are renormalised over the chosen experts and logits are not recorded";
    }

    void observe(const Block& block)
    {
        if (!m_reason.empty())
            return;
        forEachChoosingToken(block, [&](std::size_t t) {
            const std::size_t k = block.numSlots;
            double mass = 0;
            unsigned filled = 0;
            if (!m_fromWeights && !softmax(logitsOf(block, t), m_p))
                return;
            for (std::size_t r = 0; r < k; ++r) {
                const std::uint16_t id = block.expertIds[t * k + r];
                if (id == kNoExpert)
                    continue;
                mass += m_fromWeights ? double(block.weights[t * k + r]) / m_site.scaling : m_p[id];
                ++filled;
            }
            if (m_mass.add(mass)) {
                m_filled += filled;
                m_quantiles.add(mass);
            }
        });
    }
    void add(const TopKMassState& other)
    {
        m_mass.add(other.m_mass);
        m_filled += other.m_filled;
        m_quantiles.add(other.m_quantiles);
    }
    void persist(Archive& archive) { archive(m_mass, m_filled, m_quantiles); }

    void rows(std::vector<ResultRow>& rows) const
    {
        if (m_mass.n() == 0) {
            rows.push_back(undefinedRow("top_k_mass", m_reason.empty() ? kNoTokens : m_reason));
            return;
        }
        ResultRow row;
        row.metric = "top_k_mass";
        row.n = m_mass.n();
        row.value = m_mass.mean();
        row.uniform = double(m_filled) / double(m_mass.n()) / m_site.numExperts;
        rows.push_back(row);
        if (m_filled != m_mass.n() * m_site.topK) // else what tokens choose differs, and so would their mass
            row.uniform.reset();
        addQuantiles(rows, std::move(row), m_quantiles);
    }

private:
    const Site m_site;
    std::string m_reason;
    bool m_fromWeights = false;
    FixedSum m_mass;
    std::uint64_t m_filled = 0;
    QuantileCounts m_quantiles;
    std::vector<double> m_p; ///< scratch
};

class MarginState
{
public:
    MarginState(const MetricContext&, SiteIndex) { }

    void observe(const Block& block)
    {
        Moments margin;
        forEachChoosingToken(block, [&](std::size_t t) {
            if (margin.add(block.margin[t]))
                m_quantiles.add(block.margin[t]);
        });
        m_margin.add(margin);
    }
    void add(const MarginState& other)
    {
        m_margin.add(other.m_margin);
        m_quantiles.add(other.m_quantiles);
    }
    void persist(Archive& archive) { archive(m_margin, m_quantiles); }

    void rows(std::vector<ResultRow>& rows) const
    {
        if (m_margin.values.n() == 0) {
            rows.push_back(undefinedRow("margin.mean", "no tokens with a choice and a recorded margin"));
            return;
        }
        ResultRow row; // no uniform value: it depends on the scale of the scores
        row.unit = "score";
        row.n = m_margin.values.n();
        row.metric = "margin.mean";
        row.value = m_margin.values.mean();
        rows.push_back(row);
        row.metric = "margin.sd";
        row.value = m_margin.sd();
        rows.push_back(row);
        addQuantiles(rows, row, m_quantiles);
    }

private:
    Moments m_margin;
    QuantileCounts m_quantiles;
};

}

MetricSpec routerEntropyMetric()
{
    return {
        .name = "router_entropy",
        .definition =
            "entropy of the router's full score distribution, mean, SD and quantiles over tokens (q05: 5 % are not "
            "above it), and over log E; uniform = equal scores; n = tokens",
        .source = "the usual entropy of the softmax; read as recorded, else from logits (softmax sites)",
        .needs = {{.entropy = true}, {.logits = true}},
        .ranges = withoutIntervals("router_entropy"),
        .anyTokens = true,
        .make = makePerSite<EntropyState>(),
    };
}

MetricSpec topKMassMetric()
{
    return {
        .name = "top_k_mass",
        .definition =
            "softmax probability that falls on the chosen experts, mean and quantiles over tokens; from weights where they "
            "are not renormalised, else from logits; uniform = k / E (equal scores); n = tokens",
        .source = "the usual sum of p over the chosen set",
        .needs = {{.weights = true, .logits = true}, {.weights = true}, {.logits = true}},
        .ranges = withoutIntervals("top_k_mass"),
        .anyTokens = true,
        .make = makePerSite<TopKMassState>(),
    };
}

MetricSpec marginMetric()
{
    return {
        .name = "margin",
        .definition = "selection score of the last chosen minus the first unchosen expert, mean, SD and quantiles "
                      "over tokens; n = tokens",
        .source = "routing stability: how far a choice is from flipping",
        .needs = {{.margin = true}},
        .ranges = withoutIntervals("margin"),
        .noUniform = "depends on the scale of the scores",
        .anyTokens = true,
        .make = makePerSite<MarginState>(),
    };
}

}
