// SPDX-License-Identifier: GPL-3.0-or-later
//
// How many experts a token uses (metrics 8): what top-p routing varies (arXiv 2403.07652), and what zero-compute
// experts save (MoE++, arXiv 2410.07348: they are the last ids).
#include "analysis/spine/per_site.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

class ExpertsPerTokenState
{
public:
    ExpertsPerTokenState(const MetricContext& context, SiteIndex site)
        : m_numExperts(context.shape->sites[std::size_t(site)].numExperts)
        , m_topK(context.shape->sites[std::size_t(site)].topK)
        , m_zeroFrom(static_cast<std::uint32_t>(context.params.number("zero_from")))
        , m_tokens(std::size_t(std::max(context.shape->numSlots, m_topK)) + 1)
    {
    }

    void observe(const Block& block)
    {
        const std::size_t stride = block.numSlots;
        for (const SequenceRun& run : block.runs) {
            const std::uint16_t* token = block.expertIds.data() + run.begin * stride;
            const std::uint16_t* const end = token + run.length * stride;
            if (m_zeroFrom < m_numExperts)
                m_zero += std::uint64_t(
                    std::count_if(token, end, [&](std::uint16_t id) { return id >= m_zeroFrom && id < m_numExperts; }));
            if (block.evenSlots) {
                m_tokens[block.evenSlots] += run.length;
                continue;
            }
            for (; token != end; token += stride)
                ++m_tokens[std::size_t(
                    std::count_if(token, token + stride, [&](std::uint16_t id) { return id < m_numExperts; }))];
        }
    }

    void add(const ExpertsPerTokenState& other)
    {
        for (std::size_t c = 0; c < m_tokens.size(); ++c)
            m_tokens[c] += other.m_tokens[c];
        m_zero += other.m_zero;
    }
    void persist(Archive& archive)
    {
        archive.fixed(m_tokens);
        archive(m_zero);
    }

    void rows(std::vector<ResultRow>& rows) const
    {
        double tokens = 0, choices = 0;
        std::size_t least = 0, most = 0;
        for (std::size_t c = m_tokens.size(); c-- > 0;) {
            tokens += double(m_tokens[c]);
            choices += double(c) * double(m_tokens[c]);
            if (m_tokens[c]) {
                least = c;
                most = std::max(most, c);
            }
        }
        const double mean = choices / tokens, zero = double(m_zero);
        double squares = 0;
        for (std::size_t c = 0; c < m_tokens.size(); ++c)
            squares += double(m_tokens[c]) * (double(c) - mean) * (double(c) - mean);
        // By chance zero-compute experts are chosen as often as others.
        const double zeroExperts = m_zeroFrom < m_numExperts ? double(m_numExperts - m_zeroFrom) / m_numExperts : 0;
        const auto add = [&](const char* metric, const char* unit, double value, std::optional<double> uniform = {}) {
            ResultRow row;
            row.metric = metric;
            row.params["zero_from"] = double(m_zeroFrom);
            row.unit = unit;
            row.n = static_cast<std::uint64_t>(tokens);
            if (std::isnan(value)) {
                row.undefined = tokens > 0 ? "no choices" : "no tokens";
            } else {
                row.value = value;
                row.uniform = uniform;
            }
            rows.push_back(std::move(row));
        };
        const double none = std::nan("");
        add("experts_per_token.mean", "experts", mean); // 0 / 0 without tokens
        add("experts_per_token.sd", "experts", std::sqrt(squares / tokens));
        add("experts_per_token.min", "experts", tokens > 0 ? double(least) : none);
        add("experts_per_token.max", "experts", tokens > 0 ? double(most) : none);
        add("experts_per_token.ffn", "experts", (choices - zero) / tokens, mean * (1 - zeroExperts));
        add("experts_per_token.zero_share", "1", zero / choices, zeroExperts);
    }

    void matrices(std::vector<ResultMatrix>& matrices) const
    {
        ResultMatrix matrix;
        matrix.metric = "experts_per_token.histogram";
        matrix.params["zero_from"] = double(m_zeroFrom);
        matrix.unit = "tokens";
        matrix.axes = {expertAxis("count", m_topK + 1u)}; // "0", "1", … k
        for (std::size_t c = 0; c <= m_topK; ++c) {
            matrix.values.push_back(double(m_tokens[c]));
            matrix.n += m_tokens[c];
        }
        matrices.push_back(std::move(matrix));
    }

private:
    std::uint16_t m_numExperts, m_topK;
    std::uint32_t m_zeroFrom;
    std::vector<std::uint64_t> m_tokens; ///< [choices a token]
    std::uint64_t m_zero = 0; ///< choices of zero-compute experts
};

}

MetricSpec expertsPerTokenMetric()
{
    return {
        .name = "experts_per_token",
        .definition =
            "number of experts a token chooses (0 counts): mean, SD, least, most; ffn: mean number with an id "
            "below zero_from; zero_share: share of choices on the zero-compute experts from there on; n = tokens",
        .source = "top-p routing (arXiv 2403.07652); MoE++ (arXiv 2410.07348)",
        .ranges = {{"experts_per_token.mean", kNotNegative}, {"experts_per_token.sd", kNotNegative},
            {"experts_per_token.min", kNoInterval}, {"experts_per_token.max", kNoInterval},
            {"experts_per_token.ffn", kNotNegative}, {"experts_per_token.zero_share", kShare}},
        .noUniform = "uniform routing takes as many experts a token as the trace",
        .params = {{"zero_from", "65535", "first id of the zero-compute experts", ParameterSpec::Kind::Number, 0, 65535,
            true}},
        .make =
            [](const MetricContext& context) {
                return std::make_unique<PerSiteAccumulator<ExpertsPerTokenState>>(context, true);
            },
    };
}

}
