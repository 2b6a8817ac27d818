// SPDX-License-Identifier: GPL-3.0-or-later
//
// How many paths tokens take through a few layers in a row, and how evenly: path concentration (PathMoE, 2026).
#include "views/charts/kinds/curve_table.h"

namespace expertscope {

ChartSpec pathChart()
{
    return curvesChart({
        .name = "path",
        .title = "Paths through layers",
        .definition =
            "How concentrated the paths of first choices through a few layers in a row are, by the first of them",
        .quantities = {{"relative", "path.relative", "Entropy of paths / largest possible",
                           "over log min(tokens, possible paths)"},
            {"effective", "path.effective", "Effective number of paths",
                "e to the entropy: as many equally common paths would have it", "paths"},
            {"distinct", "path.distinct", "Different paths", "that any token takes", "paths"},
            {"top", "path.top_share", "Share of tokens on the commonest paths", "of the `top` commonest"},
            {"singletons", "path.singletons", "Paths of one token alone", "share of the different paths"}},
        .parameters = {{"length", "Layers", nullptr, "layers"}, {"step", "Step", "1"},
            {"top", "Commonest", "1/100", "top"}},
        .axes = {{"length", "Layers of a path"}},
    });
}

}
