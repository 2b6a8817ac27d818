// SPDX-License-Identifier: GPL-3.0-or-later
//
// Predictors of the experts that an event will ask for, as the registry knows them. A prediction is made `horizon` events ahead: for the event at site l of a step it is known once the router of
// the site `horizon` before is; before the first site lies the last one of the step before.
#pragma once

#include "analysis/prefetch/walk.h"
#include "analysis/spine/parameters.h"

#include <functional>
#include <memory>

namespace expertscope::prefetch {

class Predictor
{
public:
    virtual ~Predictor() = default;
    /// The router of this event is known. Called for all events, in order.
    virtual void observe([[maybe_unused]] std::uint64_t step, [[maybe_unused]] std::size_t site) { }
    /// What an event later than those observed will ask for: at most n objects of its pool, each once, the likeliest
    /// first, appended to `objects`. False: it cannot tell, by its nature or since too little was seen.
    virtual bool predict(std::uint64_t step, std::size_t site, std::size_t n, std::vector<std::uint32_t>& objects) = 0;
};

/// What all predictors have.
struct PredictionOptions
{
    std::uint32_t horizon = 1; ///< events ahead, 1 to the number of sites
    std::uint32_t n = 0; ///< size of the predicted set; 0: the site's mean event size, rounded
    std::uint64_t seed = 1;
};

struct PredictorSpec
{
    std::string name;
    std::string definition; ///< one line
    std::string source; ///< paper or program
    bool knowsFuture = false; ///< not a predictor that could run
    std::vector<ParameterSpec> params = {}; ///< beside those of PredictionOptions
    /// Error: the walk lacks what it needs.
    std::function<Expected<std::unique_ptr<Predictor>>(const Walk&, const PredictionOptions&, const Parameters&)> make;
};

}
