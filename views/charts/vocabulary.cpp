// SPDX-License-Identifier: GPL-3.0-or-later
//
// Whether token ids belong to experts (metrics 3.4, 4): vocabulary specialisation by layer, OLMoE (arXiv 2409.02060)
// section 5; and how spiky the load of one id is, OpenMoE (arXiv 2402.01739) appendix E.
#include "views/charts/kinds/curve_table.h"

namespace expertscope {

ChartSpec vocabularyChart()
{
    return curvesChart({
        .name = "vocabulary",
        .title = "Vocabulary specialisation",
        .definition =
            "How far a token id goes to one expert, by layer: of the token, of the next one and of the model's "
            "guess of it",
        .quantities = {{"specialisation", "vocabulary.specialisation", "Vocabulary specialisation",
                           "share of an id's choices that its first expert gets, mean over ids"},
            {"normalised", "vocabulary.normalised", "Normalised vocabulary specialisation", "0: k / E, 1: one expert"},
            {"spread", "spread.token_id", "Spread of a token id's load", "SD over experts of an id's shares"},
            {"spread_position", "spread.position", "Spread of a position's load",
                "SD over experts of a position's shares"},
            {"lexical", "lexical.excess", "Divergence of an expert's token ids, less chance",
                "Jensen-Shannon, mean over experts, less what as many choices drawn from all show", "bits"}},
        .parameters = {{"ids", "Ids"}, {"n_min", "Occurrences"}, {"top", "Choices that count"},
            {"groups", "Ids told apart"}},
    });
}

}
