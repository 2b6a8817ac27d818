// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the first choice at one site tells about the first choice at another.
#include "analysis/chance/pair_chance.h"
#include "analysis/counts/pair_counts.h"
#include "analysis/metrics/pairs/site_pairs.h"

#include <cmath>

namespace expertscope {

namespace {

constexpr const char* kPlugIn = "mutual_information.top1";
constexpr const char* kCorrected = "mutual_information.corrected";
constexpr const char* kRelative = "mutual_information.relative";

double entropy(const std::vector<std::uint64_t>& counts, double n)
{
    double sum = 0;
    for (const std::uint64_t c : counts) {
        if (c)
            sum -= double(c) / n * std::log(double(c) / n);
    }
    return sum;
}

class InformationState
{
public:
    InformationState(const MetricContext& context, const Site& from, const Site& to)
        : m_valuesOnly(context.valuesOnly)
        , m_pairs(from.numExperts, to.numExperts)
    {
    }

    void observe(const BlockWithBits& source, const BlockWithBits& target)
    {
        const Block &from = source.block, &to = target.block;
        const std::size_t stride = from.numSlots, A = m_pairs.numFrom(), B = m_pairs.numTo();
        const bool even = from.evenSlots && to.evenSlots;
        for (const SequenceRun& run : from.runs) {
            const std::uint16_t* x = from.expertIds.data() + run.begin * stride;
            const std::uint16_t* y = to.expertIds.data() + run.begin * stride;
            std::uint32_t* const cells = m_pairs.cells(run.length);
            for (std::uint32_t t = 0; t < run.length; ++t, x += stride, y += stride) {
                if (even || (*x < A && *y < B))
                    ++cells[*x * B + *y];
            }
        }
    }

    void add(const InformationState& other) { m_pairs.add(other.m_pairs); }
    void persist(Archive& archive) { archive(m_pairs); }

    void rows(std::vector<ResultRow>& rows) const
    {
        const unsigned A = m_pairs.numFrom(), B = m_pairs.numTo();
        std::vector<std::uint64_t> x(A), y(B), xy;
        for (unsigned i = 0; i < A; ++i) {
            for (unsigned j = 0; j < B; ++j) {
                const std::uint64_t c = m_pairs.at(i, j);
                x[i] += c;
                y[j] += c;
                if (c)
                    xy.push_back(c);
            }
        }
        const std::uint64_t tokens = m_pairs.total();
        if (tokens == 0) {
            for (const char* name : {kPlugIn, kCorrected, kRelative})
                rows.push_back(undefinedRow(name, "no token has a first choice at both sites"));
            return;
        }
        const double n = double(tokens), hx = entropy(x, n), hy = entropy(y, n);
        const double plugIn = std::max(0.0, hx + hy - entropy(xy, n)); // below 0 by rounding only
        const auto occupied = [](const std::vector<std::uint64_t>& counts) {
            return double(counts.size()) - double(std::ranges::count(counts, 0u));
        };
        const UniformInformation chance = m_valuesOnly ? UniformInformation() : uniformInformation(A, B, tokens);
        ResultRow row;
        row.n = tokens;
        const auto add = [&](const char* name, const char* unit, double value, const ChanceValue& uniform) {
            row.metric = name;
            row.unit = unit;
            row.value = value;
            if (!m_valuesOnly)
                setUniform(row, uniform);
            rows.push_back(row);
        };
        add(kPlugIn, "nats", plugIn, chance.plugIn);
        add(kCorrected, "nats", plugIn - (occupied(xy) - occupied(x) - occupied(y) + 1) / (2 * n), chance.corrected);
        if (std::min(hx, hy) > 0)
            add(kRelative, "1", plugIn / std::min(hx, hy), chance.relative);
        else
            rows.push_back(undefinedRow(kRelative, "one expert is always the first choice: nothing to tell"));
    }

private:
    bool m_valuesOnly; ///< nobody looks at what chance gives
    PairCounts m_pairs;
};

}

MetricSpec mutualInformationMetric()
{
    return {
        .name = "mutual_information",
        .definition =
            "of the first choices at two sites: the plug-in estimate in nats, the same less "
            "(Kxy - Kx - Ky + 1) / (2N) for the K occupied cells (Miller-Madow), and the plug-in estimate over "
            "the smaller entropy; n = tokens",
        .source = "Shannon; bias: Miller 1955",
        .crossSite = true,
        .ranges = {{kPlugIn, kNotNegative}, {kRelative, kShare}},
        .anyTokens = true,
        .params = {distanceParameter()},
        .make =
            [](const MetricContext& context) {
                return std::make_unique<SitePairAccumulator<InformationState>>(
                    context, std::vector<std::string>{kPlugIn, kCorrected, kRelative});
            },
    };
}

}
