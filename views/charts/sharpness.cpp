// SPDX-License-Identifier: GPL-3.0-or-later
//
// How decided the router is, by layer (metrics 6.3): entropy by layer as in arXiv 2510.04694, mass of the chosen,
// margin, experts for a mass (arXiv 2403.07652); bands hold 90 % of the tokens.
#include "views/charts/kinds/curve_table.h"

namespace expertscope {

ChartSpec sharpnessChart()
{
    return curvesChart({
        .name = "sharpness",
        .title = "Router sharpness",
        .definition =
            "How decided the router of each layer is: entropy, margin, probability of the chosen experts; bands "
            "hold 90 % of the tokens",
        .quantities = {{"entropy", "router_entropy.mean", "Router entropy", "mean over tokens", "nats", false,
                           "router_entropy"},
            {"relative", "router_entropy.relative", "Router entropy", "1: all experts alike", "log E"},
            {"margin", "margin.mean", "Margin of the choice", "score of the last chosen − the first not chosen",
                "score", false, "margin"},
            {"mass", "top_k_mass", "Probability of the chosen experts", "mean over tokens", "", false, "top_k_mass"},
            {"effective_k", "effective_k.mean", "Experts that hold the mass", "fewest experts, mean over tokens",
                "experts"},
            {"perplexity", "effective_k.perplexity", "Perplexity of the router", "exp(entropy), mean over tokens",
                "experts"},
            {"loss", "loss_correlation.entropy", "Correlation of entropy and loss", "Pearson's, over tokens", ""},
            {"margin_loss", "loss_correlation.margin", "Correlation of margin and loss", "Pearson's, over tokens", ""}},
        .parameters = {{"mass", "Mass"}},
    });
}

}
