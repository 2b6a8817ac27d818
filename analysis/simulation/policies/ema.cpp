// SPDX-License-Identifier: GPL-3.0-or-later
//
// Recency and frequency in one score (LRFU, Lee et al. 2001): each use counts 1 at first and half as much after
// `halflife` steps. An exponential moving average of the use orders objects in the same way.
#include "analysis/simulation/stack/rank_order.h"

#include <bit>
#include <cmath>

namespace expertscope::simulation {

namespace {

class Decaying final : public Ranker
{
public:
    Decaying(const Units& units, double halflife)
        : m_sites(units.stream.sites.size())
        , m_growth(std::exp2(1 / halflife))
        , m_scores(units.stream.numObjects())
        , m_order(units.stream.numObjects())
    {
    }
    void next(std::uint64_t event, std::uint64_t, std::span<const std::uint32_t> members, Moves& moves) override
    {
        // Instead of all scores decaying, the weight of a use grows; both are brought down now and then.
        for (const std::uint64_t step = event / m_sites; m_step < step; ++m_step) {
            m_weight *= m_growth;
            if (m_weight > 0x1p+400) {
                m_weight *= 0x1p-400;
                for (std::uint32_t object = 0; object < m_scores.size(); ++object) {
                    m_scores[object] *= 0x1p-400;
                    m_order.setKey(object, std::bit_cast<std::uint64_t>(m_scores[object]));
                }
            }
        }
        for (const std::uint32_t object : members) {
            m_scores[object] += m_weight;
            m_order.setKey(object, std::bit_cast<std::uint64_t>(m_scores[object])); // in the same order
        }
        m_order.reorder(members, moves);
    }
    std::vector<std::uint32_t> initialRanks() const override { return m_order.ranks(); }

private:
    const std::size_t m_sites;
    const double m_growth;
    double m_weight = 1;
    std::uint64_t m_step = 0;
    std::vector<double> m_scores; ///< [U]
    RankOrder m_order;
};

class Ema final : public Policy
{
public:
    explicit Ema(double halflife)
        : m_halflife(halflife)
    {
    }
    PoolCurve replay(const EventStream& stream, const Contract& contract, std::span<const std::uint32_t> capacities,
        const std::stop_token& stop) const override
    {
        return replayByPriority(stream, contract, capacities, stop,
            [this](const Units& units) { return std::make_unique<Decaying>(units, m_halflife); });
    }

private:
    const double m_halflife;
};

}

PolicySpec emaPolicy()
{
    return {.name = "ema",
        .definition = "evicts the lowest score; a use counts 1, and half of it after `halflife` steps (LRFU)",
        .source = "Lee et al. 2001",
        .allSizes = true,
        .bypass = true,
        .params = {{.name = "halflife", .standard = "32", .meaning = "steps after which a use counts half", .least = 0.01}},
        .make = [](const Parameters& params) { return std::make_unique<Ema>(params.number("halflife")); }};
}

}
