// SPDX-License-Identifier: GPL-3.0-or-later
//
// MoE-Infinity's expert activation matrices (arXiv 2401.14361; metrics 8): sites x experts, counts of the choices of a
// sequence. The one of the sequence at hand, with all that is known of it so far, is compared with stored ones; the
// nearest names its most frequent experts of the site.
#include "analysis/counts/prediction_models.h"
#include "analysis/prefetch/halves.h"

#include <optional>

namespace expertscope::prefetch {

namespace {

class Eam final : public Predictor
{
public:
    Eam(const Walk& walk, std::size_t mostStored, const Parameters& params)
        : m_walk(walk)
        , m_halves(walk, params)
        , m_offsets(1, 0)
        , m_models(m_halves.count())
    {
        for (std::size_t site = 0; site < walk.numSites(); ++site)
            m_offsets.push_back(m_offsets.back() + walk.place(site).numExperts);
        for (std::size_t half = 0; half < m_halves.count(); ++half)
            learn(m_halves.learning(half), mostStored, m_models[half]);
        for (Model& model : m_models)
            model.open.emplace(model.library, m_offsets);
    }
    void observe(std::uint64_t step, std::size_t site) override
    {
        if (site == 0 && isStart(step)) {
            for (Model& model : m_models)
                model.open->clear();
            m_known = false;
        }
        for (Model& model : m_models)
            model.open->add(site, m_walk.event(step, site), m_walk.place(site).firstObject);
        m_known |= !m_walk.event(step, site).empty();
        m_step = step;
    }
    bool predict(std::uint64_t step, std::size_t site, std::size_t n, std::vector<std::uint32_t>& objects) override
    {
        const Model& model = m_models[m_halves.modelOf(step)];
        if (!m_known || model.library.numStored() == 0 || (step > m_step && isStart(step)))
            return false;
        const auto& ranked = model.ranked[model.open->nearest() * m_walk.numSites() + site];
        for (std::size_t i = 0; i < std::min(n, ranked.size()); ++i)
            objects.push_back(m_walk.place(site).firstObject + ranked[i]);
        return true;
    }

private:
    struct Model
    {
        SequenceLibrary library;
        std::vector<std::vector<std::uint32_t>> ranked; ///< [sequence * sites + site] experts, the most frequent first
        std::optional<OpenSequence> open; ///< the sequence at hand
    };

    bool isStart(std::uint64_t step) const { return std::ranges::binary_search(m_walk.sequenceStarts(), step); }

    void learn(const Halves::Steps& steps, std::size_t mostStored, Model& model) const
    {
        std::vector<std::vector<std::uint32_t>> matrices;
        for (std::uint64_t step = steps.begin; step < steps.end; ++step) {
            if (step == steps.begin || isStart(step)) {
                if (matrices.size() == mostStored)
                    break;
                matrices.emplace_back(m_offsets.back());
            }
            for (std::size_t site = 0; site < m_walk.numSites(); ++site) {
                for (const std::uint32_t object : m_walk.event(step, site))
                    ++matrices.back()[m_offsets[site] + object - m_walk.place(site).firstObject];
            }
        }
        std::vector<const std::vector<std::uint32_t>*> all;
        std::vector<std::uint64_t> scores;
        for (const auto& matrix : matrices) {
            all.push_back(&matrix);
            for (std::size_t site = 0; site < m_walk.numSites(); ++site) {
                scores.assign(matrix.begin() + std::ptrdiff_t(m_offsets[site]),
                    matrix.begin() + std::ptrdiff_t(m_offsets[site + 1]));
                rankLargest(scores, scores.size(), model.ranked.emplace_back());
            }
        }
        model.library = SequenceLibrary(m_offsets, all);
    }

    const Walk& m_walk;
    const Halves m_halves;
    std::vector<std::size_t> m_offsets; ///< of each site's experts, and an end mark
    std::vector<Model> m_models; ///< [half]
    bool m_known = false; ///< something of the sequence at hand
    std::uint64_t m_step = 0; ///< of the event observed last
};

}

PredictorSpec eamPredictor()
{
    return {.name = "eam",
        .definition = "the most frequent of the stored sequence whose counts are nearest to those of this one so far",
        .source = "MoE-Infinity (arXiv 2401.14361)",
        .params = {learnParameter(),
            {.name = "library",
                .standard = "128",
                .meaning = "sequences of the learning half that are stored, the first ones",
                .least = 1,
                .most = 1e5,
                .whole = true}},
        .make = [](const Walk& walk, const PredictionOptions&,
                    const Parameters& params) -> Expected<std::unique_ptr<Predictor>> {
            if (walk.sequenceStarts().empty() && walk.numSteps() > 0)
                return fail("predictor 'eam' follows single sequences: steps must be single tokens", {},
                    "batch 1, no prefill chunks");
            return std::make_unique<Eam>(walk, std::size_t(params.number("library")), params);
        }};
}

}
