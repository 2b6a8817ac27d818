// SPDX-License-Identifier: GPL-3.0-or-later
//
// How evenly the experts of each layer are used (metrics 6.1). MaxVio: arXiv 2408.15664 Eq. 4; Gini and CV as in most
// balance figures.
#include "views/charts/kinds/curve_table.h"

namespace expertscope {

ChartSpec balanceChart()
{
    return curvesChart({
        .name = "balance",
        .title = "Balance by layer",
        .definition = "How evenly the experts of each layer are used, beside uniform routing; a curve a trace",
        .quantities = {{"max_vio", "balance.max_vio", "Largest load / mean − 1", "MaxVio"},
            {"gini", "balance.gini", "Gini coefficient of the load", "0: all experts alike"},
            {"cv", "balance.cv", "Coefficient of variation of the load", "standard deviation / mean"},
            {"entropy", "balance.entropy", "Entropy of the load", "1: all experts alike", "log E"},
            {"kl", "balance.kl", "KL divergence of the load from uniform", "0: all experts alike", "nats"},
            {"min_load", "balance.min_load", "Least relative load", "1: as much as all others"},
            {"dead", "balance.dead", "Experts never chosen", "how many", "", true},
            {"max_vio_sequence", "balance.max_vio_sequence", "Largest load / mean − 1 in a sequence",
                "MaxVio, mean over sequences"},
            {"max_vio_batch", "balance.max_vio_batch", "Largest load / mean − 1 in a batch",
                "MaxVio, mean over batches of 4 sequences"}},
    });
}

}
