// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/counts/prediction_models.h"
#include "analysis/prefetch/halves.h"

namespace expertscope::prefetch {

namespace {

class StaticList final : public Predictor
{
public:
    StaticList(const Walk& walk, const Parameters& params)
        : m_walk(walk)
        , m_halves(walk, params)
        , m_lists(m_halves.count())
    {
        std::vector<std::uint64_t> uses;
        for (std::size_t half = 0; half < m_halves.count(); ++half) {
            const auto [begin, end] = m_halves.learning(half);
            for (std::size_t site = 0; site < walk.numSites(); ++site) {
                const Walk::Place& place = walk.place(site);
                uses.assign(place.numExperts, 0);
                for (std::uint64_t step = begin; step < end; ++step) {
                    for (const std::uint32_t object : walk.event(step, site))
                        ++uses[object - place.firstObject];
                }
                rankLargest(uses, uses.size(), m_lists[half].emplace_back());
            }
        }
    }
    bool predict(std::uint64_t step, std::size_t site, std::size_t n, std::vector<std::uint32_t>& objects) override
    {
        const auto& list = m_lists[m_halves.modelOf(step)][site];
        for (std::size_t i = 0; i < std::min(n, list.size()); ++i)
            objects.push_back(m_walk.place(site).firstObject + list[i]);
        return true;
    }

private:
    const Walk& m_walk;
    const Halves m_halves;
    std::vector<std::vector<std::vector<std::uint32_t>>> m_lists; ///< [half][site] experts, the most used first
};

}

PredictorSpec staticListPredictor()
{
    return {.name = "static",
        .definition = "the site's most used experts",
        .source = "",
        .params = {learnParameter()},
        .make = [](const Walk& walk, const PredictionOptions&, const Parameters& params)
            -> Expected<std::unique_ptr<Predictor>> { return std::make_unique<StaticList>(walk, params); }};
}

}
