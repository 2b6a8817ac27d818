// SPDX-License-Identifier: GPL-3.0-or-later
//
// Over how many GPUs a token's experts lie, and how often it changes GPU from layer to layer (metrics 2.2): hops as in
// ExFlow (arXiv 2401.08383), experts placed by id.
#include "views/charts/kinds/curve_table.h"

namespace expertscope {

ChartSpec fanOutChart()
{
    return curvesChart({
        .name = "fan_out",
        .title = "Fan-out over GPUs",
        .definition = "GPUs that a token's experts lie on when experts are placed by id, over the number of GPUs or by "
                      "layer; changes of GPU from layer to layer",
        .quantities = {{"gpus", "fan_out.gpus", "GPUs a token", "distinct GPUs of its experts at a layer"},
            {"hops", "fan_out.top1_hops", "Changes of GPU a token", "of first choices from layer to layer"}},
        .parameters = {{"gpus", "GPUs", "2/4/8/16", "GPUs"}},
        .axes = {{"gpus", "GPUs"}},
        .over = "gpus",
    });
}

}
