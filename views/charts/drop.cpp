// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a capacity would drop (metrics 4): drop-towards-the-end over positions, OpenMoE (arXiv 2402.01739), and the drop
// rate over the capacity factor.
#include "views/charts/kinds/curve_table.h"

namespace expertscope {

ChartSpec dropChart()
{
    return curvesChart({
        .name = "drop",
        .title = "Dropped choices",
        .definition = "Share of the choices that a limited capacity an expert would drop, over the capacity factor, "
                      "positions or layers",
        .quantities = {{"ratio", "drop.ratio", "Share of choices dropped",
                           "each sequence filled in order of positions"},
            {"corpus", "drop.corpus", "Share of choices dropped, one capacity for all",
                "capacity of all tokens together"}},
        .parameters = {{"cf", "Capacity factors", "1/1.25/1.5/2", "capacity"}, {"bins", "Bins of positions"}},
        .axes = {{"cf", "Capacity factor"}, {"position", "Position in the sequence (tokens)"}},
        .over = "cf",
    });
}

}
