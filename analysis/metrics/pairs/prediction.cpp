// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/metrics/pairs/prediction.h"

#include "analysis/counts/choice_sets.h"

#include <algorithm>

namespace expertscope {

PredictionPlan::PredictionPlan(const MetricContext& context)
    : names(context.params.choices("predictor"))
    , library(static_cast<std::int32_t>(context.params.number("library")))
    , indices(context.sites)
    , offsets(1, 0)
    , selection(context.selection)
{
    for (const std::string& name : names) {
        predictors.push_back(name == "previous" ? PredictorKind::Previous
                : name == "static"              ? PredictorKind::Static
                : name == "transition"          ? PredictorKind::Transition
                                                : PredictorKind::Eam);
    }
    for (const double n : context.params.numbers("n"))
        sizes.push_back(static_cast<unsigned>(n));
    for (const SiteIndex site : indices) {
        sites.push_back(context.shape->sites[std::size_t(site)]);
        offsets.push_back(offsets.back() + sites.back().numExperts);
    }
}

bool PredictionPlan::wants(PredictorKind predictor) const
{
    return std::ranges::find(predictors, predictor) != predictors.end();
}

PredictionCounts::PredictionCounts(const PredictionPlan& plan)
    : counts(plan.offsets.back())
    , transitions(plan.sites.size())
{
    for (std::size_t i = 1; i < plan.sites.size() && plan.wants(PredictorKind::Transition); ++i) {
        if (plan.indices[i].value == plan.indices[i - 1].value + 1)
            transitions[i].emplace(plan.sites[i - 1], plan.sites[i]);
    }
}

void PredictionCounts::observe(const PredictionPlan& plan, const Tile& tile)
{
    std::vector<SequenceRun> runs;
    std::ranges::copy_if(
        tile.runs(), std::back_inserter(runs), [&](const SequenceRun& run) { return plan.isFit(run.sequence); });
    std::vector<Block> blocks(tile.blocks.begin(), tile.blocks.end());
    for (Block& block : blocks)
        block.runs = runs;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        if (transitions[i])
            transitions[i]->observe({blocks[i - 1], tile.bits[i - 1]}, {blocks[i], tile.bits[i]});
        ChoiceSets sets(plan.sites[i].numExperts);
        for (const SequenceRun& run : runs) {
            sets.assign(blocks[i], run.begin, run.length);
            std::uint32_t* stored = nullptr;
            const std::int32_t rank = plan.selection->rank[std::size_t(run.sequence)];
            if (rank / 2 < plan.library && plan.wants(PredictorKind::Eam)) {
                std::vector<std::uint32_t>& matrix = library[rank];
                matrix.resize(counts.size());
                stored = matrix.data() + plan.offsets[i];
            }
            for (std::size_t t = 0; t < sets.size(); ++t) {
                for (const std::uint16_t e : sets[t]) {
                    ++counts[plan.offsets[i] + e];
                    if (stored)
                        ++stored[e];
                }
            }
        }
    }
}

void PredictionCounts::add(const PredictionCounts& other)
{
    for (std::size_t i = 0; i < counts.size(); ++i)
        counts[i] += other.counts[i];
    for (std::size_t i = 0; i < transitions.size(); ++i) {
        if (transitions[i])
            transitions[i]->add(*other.transitions[i]);
    }
    library.insert(other.library.begin(), other.library.end()); // a sequence lies in one accumulator
}

void PredictionCounts::persist(Archive& archive)
{
    archive.fixed(counts);
    for (std::optional<SetPairs>& pairs : transitions) {
        if (pairs)
            archive(*pairs);
    }
    archive(library);
}

PredictionKnowledge::PredictionKnowledge(const PredictionPlan& plan, const PredictionCounts& counts)
{
    const std::size_t M = plan.sites.size();
    const auto matrices = [&] {
        std::vector<const std::vector<std::uint32_t>*> all;
        for (const auto& [rank, matrix] : counts.library) {
            if (matrix.size() == counts.counts.size())
                all.push_back(&matrix);
        }
        return all;
    }();
    library = SequenceLibrary(plan.offsets, matrices);
    const std::size_t numStored = matrices.size();
    std::vector<std::uint64_t> scores;
    for (const unsigned size : plan.sizes) {
        for (std::size_t i = 0; i < M; ++i) {
            const std::size_t E = plan.sites[i].numExperts, n = size ? size : plan.sites[i].topK, at = plan.offsets[i];
            markLargest(std::span(counts.counts).subspan(at, E), n, frequent.emplace_back(E));
            storedSets.emplace_back(numStored * E);
            for (std::size_t s = 0; s < numStored; ++s) {
                scores.assign(matrices[s]->begin() + std::ptrdiff_t(at), matrices[s]->begin() + std::ptrdiff_t(at + E));
                markLargest(scores, n, std::span(storedSets.back()).subspan(s * E, E));
            }
        }
    }
    transition.resize(M);
    for (std::size_t i = 0; i < M; ++i) {
        if (!counts.transitions[i])
            continue;
        const SetPairs& pairs = *counts.transitions[i];
        transition[i] = TransitionTable(
            pairs.numFrom(), pairs.numTo(),
            [&](std::size_t a, std::size_t b) { return pairs.count(unsigned(a), unsigned(b)); },
            [&](std::size_t a) { return pairs.tokensOf(unsigned(a)); });
    }
}

}
