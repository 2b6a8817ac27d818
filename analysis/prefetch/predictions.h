// SPDX-License-Identifier: GPL-3.0-or-later
//
// What predictors said about a whole stream.
#pragma once

#include "analysis/prefetch/predictor.h"

#include <map>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace expertscope::prefetch {

struct PredictorRequest
{
    std::string name;
    std::map<std::string, std::string> params = {}; ///< its own
    PredictionOptions options = {};
};

/// Errors: no such predictor or parameter.
Expected<void> checkPredictor(const PredictorRequest& request);

/// What a predictor said about every event of a walk. 4 bytes a predicted object, 8 an event.
struct Predictions
{
    std::uint32_t horizon = 1;
    std::vector<std::uint32_t> sizes; ///< [site] that were asked for
    std::vector<std::uint32_t> objects; ///< of the event's pool, the likeliest first
    std::vector<std::uint64_t> ends; ///< [event of the walk] in `objects`
    std::vector<std::uint8_t> reached; ///< [event] the predictor could tell; maybe nobody

    std::span<const std::uint32_t> of(std::uint64_t event) const
    {
        const std::uint64_t begin = event ? ends[event - 1] : 0;
        return std::span(objects).subspan(begin, ends[event] - begin);
    }
};

/// Errors: those of checkPredictor; a horizon below 1 or above the number of sites; what the predictor needs is
/// missing.
Expected<Predictions> predict(const Walk& walk, const PredictorRequest& request, const std::stop_token& stop = {});

}
