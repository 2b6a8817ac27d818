// SPDX-License-Identifier: GPL-3.0-or-later
//
// Auxiliary losses as diagnostics, by layer (metrics 6.2): Switch (arXiv 2101.03961), Transformers' form, and over what
// they are taken: the levels of arXiv 2501.11873; router z-loss of ST-MoE (arXiv 2202.08906).
#include "views/charts/kinds/curve_table.h"

namespace expertscope {

ChartSpec auxLossChart()
{
    return curvesChart({
        .name = "aux_loss",
        .title = "Auxiliary losses",
        .definition = "Load-balancing loss of each layer over the corpus, batches and sequences, and router z-loss",
        .quantities = {{"switch", "aux_loss.switch", "Load-balancing loss (Switch)", "1: balanced"},
            {"hf", "aux_loss.hf", "Load-balancing loss (Transformers)", "k: balanced"},
            {"z_loss", "z_loss.mean", "Router z-loss", "squared log of the sum of exp(logit), mean over tokens",
                "nats²"}},
        .parameters = {{"batch", "Sequences a batch"}},
    });
}

}
