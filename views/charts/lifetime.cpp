// SPDX-License-Identifier: GPL-3.0-or-later
//
// How long experts stay and how many a stretch of text needs (metrics 1.6): expert lifetime of arXiv 2412.00099;
// distinct experts as a working set, against E (1 - (1 - k/E)^n).
#include "views/charts/kinds/curve_table.h"

namespace expertscope {

ChartSpec lifetimeChart()
{
    return curvesChart({
        .name = "lifetime",
        .title = "Lifetime and distinct experts",
        .definition =
            "How many tokens an expert stays, chosen without a break or in a cache; how many different experts "
            "a window of tokens chooses",
        .quantities = {{"distinct", "distinct.experts", "Distinct experts in a window", "mean over disjoint windows",
                           "experts"},
            {"run", "lifetime.run", "Tokens an expert is chosen without a break", "mean over stays", "tokens"},
            {"lru", "lifetime.lru", "Tokens an expert stays in a cache",
                "LRU cache of rho k experts that each sequence starts empty", "tokens"}},
        .parameters = {{"window", "Window", "4/16/64"}, {"rho", "Cache / k", nullptr, "ρ"}},
        .axes = {{"window", "Window (tokens)"}},
    });
}

}
