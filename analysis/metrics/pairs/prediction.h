// SPDX-License-Identifier: GPL-3.0-or-later
//
// Predictors of the experts that a token will choose (metrics 8): what they learn from, and what they learnt.
#pragma once

#include "analysis/counts/pair_counts.h"
#include "analysis/counts/prediction_models.h"
#include "analysis/spine/metric_spec.h"

#include <map>

namespace expertscope {

enum class PredictorKind : std::uint8_t
{
    Previous, ///< the set of the token before
    Static, ///< the site's most frequent experts
    Transition, ///< the likeliest after the set of the site before
    Eam ///< those of the most similar sequence so far (MoE-Infinity's expert activation matrix)
};

/// What a prediction is asked for.
struct PredictionPlan
{
    explicit PredictionPlan(const MetricContext& context);

    bool wants(PredictorKind predictor) const;
    /// A sequence of even rank among the selected ones: it is learnt from. The others are predicted.
    bool isFit(SequenceIndex sequence) const { return selection->rank[std::size_t(sequence)] % 2 == 0; }

    std::vector<PredictorKind> predictors;
    std::vector<std::string> names; ///< of the predictors
    std::vector<unsigned> sizes; ///< of predicted sets; 0: the site's k
    std::int32_t library = 0; ///< so many of the first fit sequences are matched with
    std::vector<Site> sites; ///< those with results, ascending
    std::vector<SiteIndex> indices; ///< their places in the trace
    std::vector<std::size_t> offsets; ///< of each site's experts among all, and an end mark
    std::shared_ptr<const Selection> selection;
};

/// Counts over the fit sequences.
class PredictionCounts
{
public:
    explicit PredictionCounts(const PredictionPlan& plan);

    void observe(const PredictionPlan& plan, const Tile& tile);
    void add(const PredictionCounts& other);
    void persist(Archive& archive);

    std::vector<std::uint64_t> counts; ///< of choices, all sites in a row
    std::vector<std::optional<SetPairs>> transitions; ///< by site; none where the site before is not looked at
    std::map<std::int32_t, std::vector<std::uint32_t>> library; ///< counts of choices of a sequence, by its rank
};

/// What the predictors know: the same for all workers. Of E experts and M sites: 8 M E^2 bytes for `transition`, 4 M E
/// a stored sequence for `eam`.
struct PredictionKnowledge
{
    PredictionKnowledge(const PredictionPlan& plan, const PredictionCounts& counts);

    /// Marks [E] of the n most frequent experts.
    std::vector<std::vector<std::uint8_t>> frequent; ///< [size][site][E]: at [size * sites + site]
    std::vector<TransitionTable> transition; ///< [site], empty where there is none
    SequenceLibrary library;
    std::vector<std::vector<std::uint8_t>> storedSets; ///< [size][site][numStored * E]: marks, as `frequent`
};

}
