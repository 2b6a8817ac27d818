// SPDX-License-Identifier: GPL-3.0-or-later
//
// How much of a token's routing is the token's own, by layer: the last token with its id against a neighbour of that
// (token-identity locality, arXiv 2604.17182).
#include "views/charts/kinds/curve_table.h"

namespace expertscope {

ChartSpec localityChart()
{
    return curvesChart({
        .name = "locality",
        .title = "Locality of tokens",
        .definition =
            "How alike a token's experts are to those of the last token with the same id, and to those of one with "
            "another id from as far away, by layer",
        .quantities = {{"same", "locality.same_token", "Jaccard index with the same token before",
                           "the last one in the sequence"},
            {"different", "locality.different_token", "Jaccard index with another token before",
                "a neighbour of the last one with the same id"},
            {"difference", "locality.difference", "Jaccard index: same less other token", "what is the token's own"}},
    });
}

}
