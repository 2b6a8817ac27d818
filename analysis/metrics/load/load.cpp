// SPDX-License-Identifier: GPL-3.0-or-later
//
// Load of every expert (metrics 0, 6.1).
#include "analysis/counts/load_counts.h"
#include "analysis/spine/per_site.h"

#include <cmath>

namespace expertscope {

namespace {

class LoadState
{
public:
    LoadState(const MetricContext& context, SiteIndex site)
        : m_counts(context.shape->sites[std::size_t(site)])
    {
    }

    void observe(const Block& block, ChoiceBits& bits)
    {
        for (const SequenceRun& run : block.runs)
            m_counts.add(block, bits, run);
    }
    void add(const LoadState& other) { m_counts.add(other.m_counts); }
    void persist(Archive& archive) { archive(m_counts); }

    void rows(std::vector<ResultRow>& rows) const
    {
        const double total = double(m_counts.choices()), E = m_counts.numExperts();
        if (m_counts.choices() == 0) {
            for (const char* metric : {"load.count", "load.share", "load.relative"})
                rows.push_back(undefinedRow(metric, kNoTokens));
            return;
        }
        // By chance a count is the sum of independent choices.
        const double sd = std::sqrt(total / E * std::max(0.0, 1 - m_counts.sizes().worth().size / E));
        for (std::uint16_t e = 0; e < m_counts.numExperts(); ++e) {
            const double count = double(m_counts.counts()[e]);
            ResultRow row;
            row.expert = ExpertIndex(e);
            row.n = m_counts.tokens();
            const auto add = [&](const char* metric, const char* unit, double value, double uniform) {
                row.metric = metric;
                row.unit = unit;
                row.value = value;
                row.uniform = uniform;
                row.uniformSd = uniform * sd / (total / E);
                rows.push_back(row);
            };
            add("load.count", "choices", count, total / E);
            add("load.share", "1", count / total, 1 / E);
            add("load.relative", "1", count * E / total, 1);
        }
    }

private:
    LoadCounts m_counts;
};

}

MetricSpec loadMetric()
{
    return {
        .name = "load",
        .definition = "choices of each expert: count c, share c / sum c, relative load c / (N k / E), N k being the choices made; n = tokens",
        .source = "DeepSeek-V3 (arXiv 2412.19437) Fig. 9",
        .ranges = {{"load.count", kNotNegative}, {"load.share", kShare}, {"load.relative", kNotNegative}},
        .anyTokens = true,
        .make = [](const MetricContext& context) { return std::make_unique<PerSiteAccumulator<LoadState>>(context); },
    };
}

}
