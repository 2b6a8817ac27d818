// SPDX-License-Identifier: GPL-3.0-or-later
//
// Whether the model errs where its router is unsure: Pearson's correlation, over tokens, of the router's entropy or margin
// with the loss of the token that is predicted from there. Worked example: entropies 1, 2, 3 nats at tokens of losses
// 2, 4, 6 give 1; of losses 6, 4, 2 give -1.
#include "analysis/counts/probabilities.h"
#include "analysis/spine/fixed_sum.h"
#include "analysis/spine/per_site.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

constexpr const char* kEntropy = "loss_correlation.entropy";
constexpr const char* kMargin = "loss_correlation.margin";
constexpr std::uint64_t kFewest = 3; ///< of two tokens it is 1 or -1, whatever they are

/// Sums of pairs of numbers; those of which one is undefined (the last token of a sequence has no loss) are left out.
class Correlation
{
public:
    void add(double x, double y)
    {
        constexpr double kLargest = 0x1p19; // the product still fits
        if (!(std::abs(x) <= kLargest && std::abs(y) <= kLargest))
            return;
        m_x.add(x);
        m_y.add(y);
        m_xx.add(x * x);
        m_yy.add(y * y);
        m_xy.add(x * y);
    }
    void add(const Correlation& other)
    {
        m_x.add(other.m_x);
        m_y.add(other.m_y);
        m_xx.add(other.m_xx);
        m_yy.add(other.m_yy);
        m_xy.add(other.m_xy);
    }
    void persist(Archive& archive) { archive(m_x, m_y, m_xx, m_yy, m_xy); }

    ResultRow row(const char* metric) const
    {
        if (m_x.n() < kFewest)
            return undefinedRow(metric, "fewer than 3 tokens with a choice and a loss");
        const double varianceX = m_xx.mean() - m_x.mean() * m_x.mean();
        const double varianceY = m_yy.mean() - m_y.mean() * m_y.mean();
        // What rounding leaves of numbers that are all the same.
        if (varianceX <= 1e-12 * m_xx.mean() || varianceY <= 1e-12 * m_yy.mean())
            return undefinedRow(metric, "all tokens have the same one");
        ResultRow row;
        row.metric = metric;
        row.n = m_x.n();
        row.value = std::clamp((m_xy.mean() - m_x.mean() * m_y.mean()) / std::sqrt(varianceX * varianceY), -1.0, 1.0);
        row.uniform = 0;
        return row;
    }

private:
    FixedSum m_x, m_y, m_xx, m_yy, m_xy;
};

class LossCorrelationState
{
public:
    LossCorrelationState(const MetricContext& context, SiteIndex)
        : m_recorded(context.shape->columns)
    {
    }

    void observe(const Block& block)
    {
        forEachChoosingToken(block, [&](std::size_t t) {
            if (!block.entropy.empty())
                m_entropy.add(block.entropy[t], block.loss[t]);
            if (!block.margin.empty())
                m_margin.add(block.margin[t], block.loss[t]);
        });
    }
    void add(const LossCorrelationState& other)
    {
        m_entropy.add(other.m_entropy);
        m_margin.add(other.m_margin);
    }
    void persist(Archive& archive) { archive(m_entropy, m_margin); }

    void rows(std::vector<ResultRow>& rows) const
    {
        if (m_recorded.entropy)
            rows.push_back(m_entropy.row(kEntropy));
        if (m_recorded.margin)
            rows.push_back(m_margin.row(kMargin));
    }

private:
    const Columns m_recorded;
    Correlation m_entropy, m_margin;
};

}

MetricSpec lossCorrelationMetric()
{
    constexpr ValueRange kCorrelation{-1, 1};
    return {
        .name = "loss_correlation",
        .definition = "Pearson's correlation over tokens of the router's entropy, and of its margin, with the loss of the "
                      "next token; uniform = 0 (they tell nothing of each other); n = tokens",
        .source = "the usual product-moment correlation",
        .needs = {{.entropy = true, .margin = true, .loss = true}, {.entropy = true, .loss = true},
            {.margin = true, .loss = true}},
        .ranges = {{kEntropy, kCorrelation}, {kMargin, kCorrelation}},
        .anyTokens = true,
        .make = [](const MetricContext& context) {
            return std::make_unique<PerSiteAccumulator<LossCorrelationState>>(context, true);
        },
    };
}

}
