// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/prefetch/registry.h"

// One line a predictor: `PredictorSpec NAMEPredictor();` is defined in predictors/.
#define EXPERTSCOPE_PREDICTORS(PREDICTOR)                                                                              \
    PREDICTOR(previous)                                                                                                \
    PREDICTOR(staticList)                                                                                              \
    PREDICTOR(transition)                                                                                              \
    PREDICTOR(eam)                                                                                                     \
    PREDICTOR(oracle)

namespace expertscope::prefetch {

#define DECLARE(NAME) PredictorSpec NAME##Predictor();
EXPERTSCOPE_PREDICTORS(DECLARE)
#undef DECLARE

const std::vector<PredictorSpec>& predictorRegistry()
{
#define LIST(NAME) NAME##Predictor(),
    static const std::vector<PredictorSpec> predictors{EXPERTSCOPE_PREDICTORS(LIST)};
#undef LIST
    return predictors;
}

}
