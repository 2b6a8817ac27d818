// SPDX-License-Identifier: GPL-3.0-or-later
//
// How much of a token's routing the next one repeats, by layer (metrics 1.6): Mixtral (arXiv 2401.04088) table 5 as
// curves; Jaccard as in arXiv 2510.04694.
#include "views/charts/kinds/curve_table.h"

namespace expertscope {

ChartSpec repetitionChart()
{
    return curvesChart({
        .name = "repetition",
        .title = "Repetition",
        .definition = "How much of a token's routing the next token repeats, by layer, beside uniform routing",
        .quantities = {{"overlap", "repetition.overlap", "Share of the experts that the token before chose too",
                           "shared / size of the later set"},
            {"first", "repetition.first", "Share of tokens with the first choice of the one before", "first choices"},
            {"any", "repetition.any", "Share of tokens that share an expert with the one before", "any choice"},
            {"jaccard", "repetition.jaccard", "Jaccard index of neighbouring tokens", "shared / experts of both"}},
    });
}

}
