// SPDX-License-Identifier: GPL-3.0-or-later
//
// How well a predictor foretold a walk, whatever a cache makes of it (simulation.md 2.3). Events that it could not
// reach, and those that ask for nobody, are counted apart and are in no denominator.
#pragma once

#include "analysis/prefetch/predictions.h"

namespace expertscope::prefetch {

/// Of one site, or of several. Plain sums.
struct PredictionScore
{
    std::uint64_t events = 0; ///< scored
    std::uint64_t unreached = 0; ///< that the predictor could not tell
    std::uint64_t requests = 0; ///< of scored events: distinct experts asked for
    std::uint64_t named = 0; ///< experts in predictions
    std::uint64_t shared = 0; ///< named and asked for
    std::uint64_t exact = 0; ///< events in which just those were named that were asked for
    double byChance = 0; ///< what `shared` would be on average were each event a random set of its size
    std::vector<std::uint64_t> sharedAt; ///< [n - 1]: shared by the n likeliest

    PredictionScore& operator+=(const PredictionScore& other);
};

/// [site of the walk]. Steps before `firstStep` are left out.
std::vector<PredictionScore> scorePredictions(
    const Walk& walk, const Predictions& predictions, std::uint64_t firstStep = 0);

}
