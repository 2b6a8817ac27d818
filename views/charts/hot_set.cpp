// SPDX-License-Identifier: GPL-3.0-or-later
//
// How fast a text touches all experts, and how hot the hottest is: whether a hot set is worth keeping (llama.cpp
// #28544).
#include "views/charts/kinds/curve_table.h"

namespace expertscope {

ChartSpec hotSetChart()
{
    return curvesChart({
        .name = "hot_set",
        .title = "Hot set",
        .definition =
            "Which share of the experts so many tokens touch, and how far the hottest is above the mean, over the "
            "number of tokens or by layer",
        .quantities = {{"touched", "hot_set.touched", "Share of the experts touched", "mean over disjoint windows"},
            {"hottest", "hot_set.hottest", "Load of the hottest expert / mean", "mean over disjoint windows"}},
        .parameters = {{"window", "Window", "1/4/16/64/256/1024", "tokens"}},
        .axes = {{"window", "Window (tokens)"}},
        .over = "window",
    });
}

}
