// SPDX-License-Identifier: GPL-3.0-or-later
//
// What usually follows the set of the site `horizon` before (EdgeMoE, ExFlow; metrics 2.1): the largest sums of P(j |
// i). Reaches no site with fewer than `horizon` before it in the step. Memory: 8 E^2 bytes a site and half.
#include "analysis/counts/prediction_models.h"
#include "analysis/prefetch/halves.h"

namespace expertscope::prefetch {

namespace {

class Transition final : public Predictor
{
public:
    Transition(const Walk& walk, std::size_t horizon, const Parameters& params)
        : m_walk(walk)
        , m_horizon(horizon)
        , m_halves(walk, params)
        , m_tables(m_halves.count())
    {
        for (std::size_t half = 0; half < m_halves.count(); ++half) {
            m_tables[half].resize(walk.numSites());
            for (std::size_t site = horizon; site < walk.numSites(); ++site)
                m_tables[half][site] = learn(m_halves.learning(half), site);
        }
    }
    bool predict(std::uint64_t step, std::size_t site, std::size_t n, std::vector<std::uint32_t>& objects) override
    {
        if (site < m_horizon)
            return false;
        const auto from = m_walk.event(step, site - m_horizon);
        if (from.empty())
            return false;
        m_tables[m_halves.modelOf(step)][site].score(from, m_walk.place(site - m_horizon).firstObject, m_scores);
        rankLargest(m_scores, n, m_ids);
        for (const std::uint32_t id : m_ids)
            objects.push_back(m_walk.place(site).firstObject + id);
        return true;
    }

private:
    /// An event without any choice at one of the sites does not count.
    TransitionTable learn(const Halves::Steps& steps, std::size_t site) const
    {
        const Walk::Place &from = m_walk.place(site - m_horizon), &to = m_walk.place(site);
        std::vector<std::uint32_t> pairs(std::size_t(from.numExperts) * to.numExperts);
        std::vector<std::uint64_t> events(from.numExperts);
        for (std::uint64_t step = steps.begin; step < steps.end; ++step) {
            const auto before = m_walk.event(step, site - m_horizon), after = m_walk.event(step, site);
            for (const std::uint32_t a : before) {
                std::uint32_t* const row = pairs.data() + std::size_t(a - from.firstObject) * to.numExperts;
                events[a - from.firstObject] += !after.empty();
                for (const std::uint32_t b : after)
                    ++row[b - to.firstObject];
            }
        }
        return TransitionTable(
            from.numExperts, to.numExperts, [&](std::size_t a, std::size_t b) { return pairs[a * to.numExperts + b]; },
            [&](std::size_t a) { return events[a]; });
    }

    const Walk& m_walk;
    const std::size_t m_horizon;
    const Halves m_halves;
    std::vector<std::vector<TransitionTable>> m_tables; ///< [half][site]
    std::vector<std::uint64_t> m_scores;
    std::vector<std::uint32_t> m_ids;
};

}

PredictorSpec transitionPredictor()
{
    return {.name = "transition",
        .definition =
            "the likeliest after the set of the site `horizon` before; the first `horizon` sites are out of reach",
        .source = "EdgeMoE (arXiv 2308.14352)",
        .params = {learnParameter()},
        .make = [](const Walk& walk, const PredictionOptions& options,
                    const Parameters& params) -> Expected<std::unique_ptr<Predictor>> {
            return std::make_unique<Transition>(walk, options.horizon, params);
        }};
}

}
